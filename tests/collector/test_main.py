"""`python -m wakeful_collector` is the same as `wakeful-collector`."""

import subprocess
import sys


def test_the_module_runs_the_command_line(tmp_path):
    argv = [sys.executable, "-m", "wakeful_collector", "check-config", "--data", str(tmp_path)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert f'data = "{tmp_path}"' in ran.stdout
