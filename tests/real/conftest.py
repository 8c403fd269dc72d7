"""A collector of its own for the tests against real programs, and free ports for those."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_SECONDS = 90.0
"""For machines that are busy with other things: what is waited for comes within seconds on a quiet one."""


class Collector:
    """A running collector: its folder, its port, and the operator's shell."""

    def __init__(self, folder: Path, port: int, environment: dict[str, str]) -> None:
        self.folder = folder
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            **os.environ,
            "WAKEFUL_DATA": str(folder / "data"),
            "WAKEFUL_LISTEN": f"127.0.0.1:{port}",
            **environment,
        }

    def shell(self, *words: str) -> str:
        command = [sys.executable, "-m", "wakeful_collector", *words]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout

    def read_key(self) -> str:
        return str(json.loads(self.shell("key", "create", "--name", "test", "--scope", "read", "--json"))["key"])

    def get(self, path: str, key: str) -> Any:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()


def await_true(question: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Ask until the answer is true; fail saying what never came."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError, urllib.error.URLError):
            if found := question():
                return found
        time.sleep(0.2)
    return pytest.fail(f"not within {seconds:.0f} s: {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str] | None = None, log: Path | None = None) -> Iterator[Any]:
    """Run a program of its own process group until the block ends."""
    with open(log or os.devnull, "ab") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


@contextlib.contextmanager
def collector_running(folder: Path, environment: dict[str, str] | None = None) -> Iterator[Collector]:
    collector = Collector(folder, free_port(), environment or {})
    log = folder / "collector.log"
    with running([sys.executable, "-m", "wakeful_collector", "serve"], collector.environment, log):
        try:
            await_true(lambda: urllib.request.urlopen(collector.url + "/healthz", timeout=3).status == 200, "/healthz")
        except BaseException:
            sys.stderr.write(log.read_text())
            raise
        yield collector


@contextlib.contextmanager
def agent_running(collector: Collector, url: str, extra: dict[str, str] | None = None) -> Iterator[str]:
    """Enrol an agent at `url`, run it and give its host id."""
    invite = json.loads(collector.shell("invite", "--json"))["invite"]
    secret = collector.folder / "invite"
    secret.write_text(invite)
    secret.chmod(0o600)
    environment = {
        **os.environ,
        "CONFIG_DIR": str(collector.folder / "agent"),
        "STATE_DIR": str(collector.folder / "agent-state"),
        **(extra or {}),
    }
    agent = [sys.executable, "-m", "wakeful_agent"]
    enrolled = subprocess.run(
        [*agent, "enroll", url, "--invite-file", str(secret)], env=environment, capture_output=True, text=True
    )
    assert enrolled.returncode == 0, enrolled.stderr
    with running([*agent, "run"], environment, collector.folder / "agent.log"):
        yield str(json.loads((collector.folder / "agent" / "identity.json").read_text())["agent_id"])
