"""What `make story` executes: one evening with Wakeful, in a small world on this machine; `--help` says more."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "tests.story", *sys.argv[1:]])  # noqa: S606 - a fixed program
