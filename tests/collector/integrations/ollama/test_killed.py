"""A worker that is killed at any point is followed by one that goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_worker_may_be_killed_at_any_point(tmp_path: Path, now_ms: int, blank_data: Path) -> None:
    program = Path(__file__).with_name("killed_worker.py")
    done = subprocess.run(
        [sys.executable, program, tmp_path, blank_data, str(now_ms)], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40
