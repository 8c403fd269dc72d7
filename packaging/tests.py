"""Runs every test in parallel and holds line coverage to its floors: 100 % agent and wire, 95 % collector."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOORS = (
    ("agent and wire", "agent/src/*", 100),
    ("collector", "collector/src/*", 95),
)
WAYS = ("-n", "3", "--dist", "loadfile", "--timeout", "900", "--timeout-method", "thread", "--cov", "--cov-report=")
"""A test that hangs is ended, and says where it hung."""


def main() -> int:
    """Run the tests; return 1 when one fails or a floor is missed."""
    os.chdir(ROOT)
    for stale in ROOT.glob(".coverage*"):
        stale.unlink()
    tested = run("pytest", "-q", *WAYS, *sys.argv[1:])
    # What outlived the tests a moment (a child that was told to end) is taken in by the first report.
    subprocess.call([sys.executable, str(ROOT / "packaging" / "coverage_files.py")])
    held = [run("coverage", "report", f"--include={files}", f"--fail-under={floor}") for _, files, floor in FLOORS]
    for (name, _, floor), code in zip(FLOORS, held, strict=True):
        print(f"wakeful: coverage of {name}: {'at least' if code == 0 else 'BELOW'} {floor} %")
    return 1 if tested or any(held) else 0


def run(*words: str) -> int:
    """Run a module of this environment's Python; return its exit code."""
    return subprocess.call([sys.executable, "-m", *words])


if __name__ == "__main__":
    sys.exit(main())
