"""What the tests of the scripts share: an enrolled agent's folders, and each script run by each shell."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator

import pytest

ROOT = Path(__file__).parents[3]
SCRIPTS = ROOT / "agent" / "scripts"
SHELLS = (["dash"], ["bash"], ["busybox", "ash"])
IDENTITY = {"agent_id": "scriptscript", "url": "http://127.0.0.1:9", "fingerprint": None, "enrolled_ms": 0}
Script = Callable[..., "subprocess.CompletedProcess[str]"]


def settle(folder: Path) -> None:
    """Make what enrolment leaves."""
    config = folder / "my config"
    config.mkdir(parents=True)
    (config / "identity.json").write_text(json.dumps(IDENTITY))
    (config / "TOKEN").write_text("wk_agt_x\n")
    (config / "TOKEN").chmod(0o600)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "a folder"
    settle(folder)
    program = folder / "the agent"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wakeful_agent "$@"\n')
    program.chmod(0o755)
    return {
        **os.environ,
        "CONFIG_DIR": str(folder / "my config"),
        "STATE_DIR": str(folder / "it's my state"),
        "WAKEFUL_AGENT": str(program),
        "WAKEFUL_AGENT_INTERVAL_SECONDS": "1",
    }


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[-1])
def script(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[Script]:
    yield runner(request.param, environment)
    kill(Path(environment["STATE_DIR"]))


@pytest.fixture
def dash(environment: dict[str, str]) -> Iterator[Script]:
    yield runner(["dash"], environment)
    kill(Path(environment["STATE_DIR"]))


def runner(shell: list[str], environment: dict[str, str]) -> Script:
    def run(name: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [shutil.which(shell[0]) or shell[0], *shell[1:], str(SCRIPTS / f"{name}.sh"), *words]
        given = {**environment, **more}
        return subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False, cwd="/")

    return run


def kill(state: Path) -> None:
    """End what a failed test left."""
    try:
        number = int((state / "lock").read_text())
        if os.readlink(f"/proc/{number}/exe") == os.path.realpath(sys.executable):
            os.kill(number, signal.SIGKILL)
    except (OSError, ValueError):
        return


def state_of(environment: dict[str, str]) -> Path:
    return Path(environment["STATE_DIR"])


def pid_of(environment: dict[str, str]) -> int:
    return int((state_of(environment) / "lock").read_text())
