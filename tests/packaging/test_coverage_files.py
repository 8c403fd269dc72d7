"""What a child that was killed left half written is no part of the coverage, and makes no noise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SIFT = Path(__file__).resolve().parents[2] / "packaging" / "coverage_files.py"


def measured(folder: Path) -> Path:
    """Measure a program of one line; return the data file."""
    (folder / "one.py").write_text("print('here')\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    argv = [sys.executable, "-m", "coverage", "run", "--rcfile=/dev/null", "--parallel-mode", "one.py"]
    subprocess.run(argv, cwd=folder, env=environment, check=True, capture_output=True)
    return next(iter(folder.glob(".coverage.*")))


def test_only_what_can_be_read_stays(tmp_path: Path) -> None:
    whole = measured(tmp_path)
    content = whole.read_bytes()
    for length in (0, 16, 1_000, 5_000, len(content) // 2, len(content) - 4096):
        (tmp_path / f".coverage.spoiled.{length}").write_bytes(content[:length])
    (tmp_path / ".coverage.spoiled.zeros").write_bytes(content[:8192] + bytes(len(content) - 8192))
    (tmp_path / ".coverage.spoiled.other").write_text("neither this nor that")
    done = subprocess.run([sys.executable, SIFT, tmp_path], capture_output=True, text=True, check=True)
    assert "8 data files" in done.stdout
    assert list(tmp_path.glob(".coverage*")) == [whole]
    again = subprocess.run([sys.executable, SIFT], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (again.stdout, again.stderr, whole.read_bytes()) == ("", "", content)
