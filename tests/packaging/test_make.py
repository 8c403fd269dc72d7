"""What `make` is told of a step that failed reaches whoever called it."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def put(path: Path, body: str) -> None:
    """Write a program that stands in for a tool of others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("broken", ["", "ruff", "mypy", "lint-imports"])
def test_a_check_fails_with_each_of_its_tools_and_says_what_it_said(tmp_path: Path, broken: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    put(tmp_path / "packaging" / "environment.sh", "exit 0")
    for tool in ("ruff", "mypy", "lint-imports"):
        ends = f"seq 9; echo '{tool} finds this'; seq 9; exit 1" if tool == broken else "seq 9; echo all is well"
        put(tmp_path / ".venv" / "bin" / tool, ends)
    done = subprocess.run(
        ["make", "-s", "check"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode != 0) == bool(broken), done.stdout
    assert not broken or f"{broken} finds this" in done.stdout


@pytest.mark.parametrize("by_a_person", [True, False])
def test_an_installation_that_fails_is_none(tmp_path: Path, by_a_person: bool) -> None:
    """An environment that was good yesterday and lacks today's libraries must not pass for a whole one."""
    put(tmp_path / "bin" / "python", 'case "$*" in *" install "*) echo no network >&2; exit 1 ;; esac')
    script = [str(ROOT / "packaging" / "environment.sh"), "run", "python3", str(tmp_path)]
    terminal, ours = pty.openpty()
    try:
        stdout = ours if by_a_person else subprocess.DEVNULL
        done = subprocess.run(script, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    finally:
        os.close(ours)
        os.close(terminal)
    assert done.returncode == 1
    assert "no network" in done.stderr
    assert "the installation did not succeed" in done.stderr
    assert not list(tmp_path.glob(".wakeful-run-*"))
