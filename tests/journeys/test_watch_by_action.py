"""A watch that a named action repairs, beside commands that leave it alone: both halves as they run for people."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from .halves import Agent, Collector, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCAL_FILE = """\
interval_seconds = 1
[meters.ports]
enabled = false
[policy]
allow = ["watch.pause", "watch.resume", "watch.repair"]

[[action]]
name = "serve"
argv = ["/usr/bin/setsid", "-f", "{python}", "{folder}/server.py", "{{port}}"]
[action.parameters.port]
kind = "number"
least = 1
most = 65535

[[watch]]
name = "page"
kind = "tcp"
address = "127.0.0.1:{port}"
interval_seconds = 0.5
action = "serve"
debounce_seconds = 0
backoff_seconds = 1
verify_seconds = 20
steady_seconds = 1
[watch.arguments]
port = {port}
"""
SERVER = """\
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        server.accept()[0].close()
"""


class Stage:
    """One agent that keeps one server, a collector, and a program with a key that may operate."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.collector = Collector(folder / "collector")
        self.collector.start()
        self.agent = Agent(folder / "agent")
        self.agent.environ.pop("WAKEFUL_AGENT_INTERVAL_SECONDS")
        self.agent.environ["HOME"] = str(folder)
        config = self.agent.folder / "config"
        config.mkdir(parents=True)
        self.script = self.agent.folder / "server.py"
        self.script.write_text(SERVER)
        names = {"folder": self.agent.folder, "python": sys.executable, "port": self.port}
        (config / "agent.toml").write_text(LOCAL_FILE.format(**names))
        (config / "agent.toml").chmod(0o600)
        argv = [sys.executable, "-m", "wakeful_collector", "key", "create", "--name", "ops", "--scope", "operate"]
        made = subprocess.run([*argv, "--json", "--data", str(self.collector.data)], check=True, capture_output=True)
        self.key = str(json.loads(made.stdout)["key"])
        self.agent.enrol(self.collector)
        self.agent.start()
        wait_for(lambda: self.ask("/hosts")["hosts"], 30)
        self.host = self.ask("/hosts")["hosts"][0]["id"]

    def ask(self, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.collector.port}/api/v1{path}", content, headers)
        with urllib.request.urlopen(request, timeout=90) as answer:
            return json.load(answer)

    def command(self, operation: str, **arguments: Any) -> Any:
        wait_for(lambda: self.ask(f"/hosts/{self.host}")["hello"].get("actions"), 30)
        body = {"host": self.host, "watch": "page", **arguments}
        return self.ask(f"/operations/{operation}?wait=40", body)["command"]

    def up(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2):
                return True
        except OSError:
            return False

    def servers(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["cmdline"]):
            if str(self.script) in (process.info["cmdline"] or []):
                found.append(process)  # noqa: PERF401 - a process may end while we look
        return found

    def crash(self) -> None:
        for server in self.servers():
            server.kill()
        wait_for(lambda: not self.up(), 10)

    def kinds(self) -> list[str]:
        events = self.ask(f"/hosts/{self.host}/events?limit=100")["events"]
        return [one["kind"] for one in events if one["subject"] == "page"]

    def row(self) -> Any:
        return next(iter(self.ask(f"/hosts/{self.host}/watches")["watches"]), {})

    def end(self) -> None:
        self.agent.end()
        self.collector.end()
        for server in self.servers():
            server.kill()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.end()


def test_it_is_kept_alive_left_alone_and_taken_up_again(stage: Stage) -> None:
    wait_for(stage.up, 30)
    wait_for(lambda: "watch.up" in stage.kinds(), 30)
    assert {"watch.down", "recovery.attempted", "recovery.succeeded", "watch.up"} <= set(stage.kinds())
    wait_for(lambda: stage.row().get("state") == "up", 30)

    paused = stage.command("watch.pause", seconds=0)
    assert paused["state"] == "done", paused
    stage.crash()
    time.sleep(4)
    assert not stage.up(), "what is paused is left alone"
    wait_for(lambda: stage.row().get("paused"), 30)

    resumed = stage.command("watch.resume")
    assert resumed["state"] == "done", resumed
    wait_for(stage.up, 30)


def test_it_is_kept_alive_while_the_collector_is_away(stage: Stage) -> None:
    wait_for(stage.up, 30)
    wait_for(lambda: "watch.up" in stage.kinds(), 30)  # before that, a fall belongs to the same incident
    stage.collector.kill_all()
    stage.crash()
    wait_for(stage.up, 30)
    stage.collector.start()
    wait_for(lambda: stage.kinds().count("watch.down") >= 2, 60)
    wait_for(lambda: stage.kinds().count("watch.up") >= 2, 60)


def test_it_is_repaired_when_somebody_asks(stage: Stage) -> None:
    wait_for(stage.up, 30)
    assert stage.command("watch.pause", seconds=0)["state"] == "done"
    stage.crash()
    assert stage.command("watch.resume")["state"] == "done"
    repaired = stage.command("watch.repair")
    assert repaired["state"] in {"done", "failed"}, repaired
    wait_for(stage.up, 30)
