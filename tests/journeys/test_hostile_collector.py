"""Promise 1, played out: a collector that holds every secret of the real one cannot own the machine it answers.

An agent runs against a collector that answers pushes with all the nonsense and malice there is room for. Afterwards it
still measures and pushes, has run nothing, has written nothing outside of its state folder, sends nothing that its
local file forbids, and has not changed a rule of its own.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Callable

import psutil
import pytest

from wakeful_agent.meters import OPTIONAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCAL_FILE = """\
interval_seconds = 1
[meters.ports]
enabled = false
[meters.processes]
interval_seconds = 1
""" + "".join(f"[meters.{entry.name}]\nenabled = false\n" for entry in OPTIONAL if entry.name not in {"exec", "http"})
"""No meter that starts a program of its own: what is started all the same was started for the collector."""
HOUR_SECONDS = 3600
SEQUENCE = object()
"""Stands in an answer for the sequence of the push that it answers."""


def answer(**parts: Any) -> tuple[int, dict[str, str], Any]:
    return 200, {}, {"sequence": SEQUENCE, **parts}


def command(action: str, **arguments: Any) -> dict[str, Any]:
    return {"id": "c1", "action": action, "arguments": arguments, "expires": 4_000_000_000_000}


def tuned(**meters: Any) -> tuple[int, dict[str, str], Any]:
    return answer(config={"meters": meters})


HOSTILE: dict[str, Callable[[Path], tuple[int, dict[str, str], Any]]] = {
    "a command line": lambda place: answer(
        commands=[command("exec", argv=["touch", str(place)]), command(f"touch {place}"), command("$(touch x)")]
    ),
    "a file to read": lambda _: answer(commands=[command("read_file", path="/etc/passwd")], want=["file:/etc/passwd"]),
    "a path to write": lambda place: answer(want=[f"inventory:../../{place}", "inventory:/etc/shadow", "hello"]),
    "a new policy": lambda _: answer(
        config={"allow_collector_tuning": True, "url": "http://evil.example", "proxy": "x"}
    ),
    "a meter that is off here": lambda _: tuned(ports={"enabled": True}),
    "an option that is local": lambda _: tuned(processes={"options": {"command_lines": True}}),
    "a meter that is not": lambda _: tuned(**{"../exec": {"enabled": True, "options": {"command": "id"}}}),
    "options of wrong kinds": lambda _: tuned(processes={"options": {"top": "; id"}}, cpu={"interval": -1}),
    "a script to run": lambda place: tuned(
        exec={"enabled": True, "options": {"scripts": {"x": ["touch", str(place)]}}}
    ),
    "a folder to read": lambda _: tuned(textfile={"enabled": True, "options": {"folders": ["/etc"]}}),
    "an address to ask": lambda _: tuned(http={"options": {"targets": ["x=http://127.0.0.1:1/"]}}),
    "programs to start": lambda _: tuned(
        updates={"enabled": True}, fail2ban={"enabled": True}, smart={"enabled": True}
    ),
    "an interval of nothing": lambda _: answer(config={"interval": 0}),
    "an interval for ever": lambda _: answer(config={"interval": 10**12}),
    "live until 2100": lambda _: answer(live=4_102_444_800_000),
    "live as text": lambda _: answer(live="always"),
    "wrong shapes": lambda _: answer(config=[], commands={}, want=5),
    "another sequence": lambda _: (200, {}, {"sequence": 10**9}),
    "no document": lambda _: (200, {}, b"OK"),
    "half a document": lambda _: (200, {}, b'{"sequence":'),
    "deep nesting": lambda _: (200, {}, b"[" * 50_000 + b"]" * 50_000),
    "a bomb": lambda _: (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(50_000_000))),
    "megabytes": lambda _: (200, {}, b"x" * 3_000_000),
    "hundreds of headers": lambda _: (200, {f"X-{n}": "y" * 100 for n in range(500)}, b"{}"),
    "a redirect to a file": lambda _: (302, {"Location": "file:///etc/passwd"}, b""),
    "a redirect elsewhere": lambda _: (307, {"Location": "http://127.0.0.1:1/"}, b""),
    "a terminal's escapes": lambda _: (422, {}, {"error": "\x1b[2J\x1b]0;x\x07", "message": "\r\nfake line\x1b[1A"}),
    "an odd status": lambda _: (299, {}, b""),
    "a wait for ever": lambda _: (503, {"Retry-After": "-1"}, b""),
    "an exotic wait": lambda _: (503, {"Retry-After": "\u0663".encode().decode("latin-1")}, b""),
}


class Collector(ThreadingHTTPServer):
    """Answers the next hostile thing, then one honest answer, and so on; keeps what it was sent."""

    daemon_threads = True

    def __init__(self, place: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.place = place
        self.left = list(HOSTILE)
        self.said: list[str] = []
        self.pushes: list[dict[str, Any]] = []
        self.strangers: list[str] = []
        self.honest = True
        self.lock = threading.Lock()
        self.schemas: dict[str, list[Any]] = {}

    def next_answer(self, push: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        with self.lock:
            self.pushes.append(push)
            if push.get("series"):
                self.schemas[push["schema"]] = push["series"]
            elif push["schema"] not in self.schemas:
                return 409, {}, {"error": "unknown_schema", "message": "send it"}
            self.honest = not self.honest
            if self.honest or not self.left:
                return answer()
            self.said.append(self.left.pop(0))
            return HOSTILE[self.said[-1]](self.place)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/api/v1/push":
            self.server.strangers.append(self.path)
        push = json.loads(gzip.decompress(body))
        status, headers, content = self.server.next_answer(push)
        if isinstance(content, dict):
            numbered = {name: push["sequence"] if part is SEQUENCE else part for name, part in content.items()}
            content = json.dumps(numbered).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Stage:
    """One agent before one hostile collector."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config, self.state = folder / "config", folder / "state"
        self.config.mkdir(mode=0o700)
        self.forbidden = folder / "written-by-the-collector"
        self.collector = Collector(self.forbidden)
        self.thread = threading.Thread(target=self.collector.serve_forever, daemon=True)
        self.thread.start()
        identity = {"agent_id": "abcdefghijkl", "url": f"http://127.0.0.1:{self.collector.server_port}"}
        files = {"identity.json": json.dumps({**identity, "fingerprint": None, "enrolled_ms": 1}), "TOKEN": "wk_agt_x"}
        for name, text in {**files, "agent.toml": LOCAL_FILE}.items():
            (self.config / name).write_text(text)
            (self.config / name).chmod(0o600)
        self.rules = self.digest()
        self.log = folder / "agent.log"
        environment = {**os.environ, "CONFIG_DIR": str(self.config), "STATE_DIR": str(self.state)}
        with self.log.open("wb") as log:
            command_line = [sys.executable, "-m", "wakeful_agent", "run"]
            self.agent = subprocess.Popen(command_line, env=environment, stdout=log, stderr=log, cwd=folder)
        self.children: set[str] = set()

    def digest(self) -> str:
        content = b"".join(file.name.encode() + file.read_bytes() for file in sorted(self.config.iterdir()))
        return hashlib.sha256(content).hexdigest()

    def watch(self, until: Callable[[], bool], seconds: float) -> None:
        """Wait until something is so, and see which processes the agent starts meanwhile."""
        deadline = time.monotonic() + seconds
        while not until() and time.monotonic() < deadline:
            assert self.agent.poll() is None, self.log.read_text()
            self.children |= {child.name() for child in psutil.Process(self.agent.pid).children(recursive=True)}
            time.sleep(0.05)
        assert until(), f"left: {self.collector.left}, said: {self.log.read_text()[-2000:]}"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("hostile"))
    try:
        stage.watch(lambda: not stage.collector.left, 150)
        said = len(stage.collector.pushes)
        stage.watch(lambda: len(stage.collector.pushes) >= said + 4, 60)
        yield stage
    finally:
        stage.agent.send_signal(signal.SIGTERM)
        code = stage.agent.wait(30)
        stage.collector.shutdown()
        stage.collector.server_close()
    assert code == 0


def test_the_agent_still_measures_and_pushes(stage: Stage) -> None:
    assert stage.agent.poll() is None
    assert set(stage.collector.said) == set(HOSTILE)
    newest = stage.collector.pushes[-1]
    columns = [name for name, _ in stage.collector.schemas[newest["schema"]]]
    row = dict(zip(columns, newest["ticks"][0][1]))
    assert row["system.uptime"] > 0
    assert abs(newest["ticks"][0][0] / 1000 - time.time()) < HOUR_SECONDS


def test_it_ran_nothing_and_went_nowhere_else(stage: Stage) -> None:
    assert stage.children == set()
    assert stage.collector.strangers == []
    connections = psutil.Process(stage.agent.pid).net_connections("inet")
    assert {one.raddr.port for one in connections if one.raddr} <= {stage.collector.server_port}
    assert not [one for one in connections if one.status == psutil.CONN_LISTEN]


def test_it_wrote_nothing_but_its_state_and_no_rule_changed(stage: Stage) -> None:
    assert not stage.forbidden.exists()
    assert stage.digest() == stage.rules
    assert {item.name for item in stage.folder.iterdir()} == {"config", "state", "agent.log"}


def test_it_sends_nothing_that_the_local_file_forbids(stage: Stage) -> None:
    listed = [push["inventories"].get("processes", {}) for push in stage.collector.pushes if push.get("inventories")]
    bodies = [one["body"] for one in listed if "body" in one]
    assert bodies, "no list of processes was sent at all"
    text = json.dumps(bodies)
    assert str(stage.folder) not in text
    assert "wakeful_agent" not in text, "a command line was sent"
    assert not any("ports" in (push.get("inventories") or {}) for push in stage.collector.pushes)
    assert "root:x:0" not in json.dumps(stage.collector.pushes)


def test_each_bad_tuning_is_refused_and_reported(stage: Stage) -> None:
    events = [event for push in stage.collector.pushes for event in push.get("events", [])]
    refused = [event for event in events if event["kind"] == "agent.config_refused"]
    told = " ".join(sentence for event in refused for sentence in event["data"]["problems"])
    for problem in (
        "ports is switched off in this machine's agent.toml",
        "command_lines",
        "config.interval",
        "exec",
        "targets",
    ):
        assert problem in told
    assert not [event for event in events if event["kind"].startswith("command.")]
    hellos = [push["hello"] for push in stage.collector.pushes if push.get("hello")]
    assert any(hello["config"]["refused"] for hello in hellos)


def test_each_command_is_refused_since_nothing_is_permitted(stage: Stage) -> None:
    results = [result for push in stage.collector.pushes for result in push.get("results", [])]
    assert len(results) >= 4
    assert {result["state"] for result in results} == {"refused"}
    assert all("does not permit" in result["data"]["reason"] for result in results)
    assert all(push["hello"]["actions"] == [] for push in stage.collector.pushes if push.get("hello"))


def test_what_it_says_is_no_ones_terminal(stage: Stage) -> None:
    log = stage.log.read_bytes()
    assert b"\x1b" not in log
    assert b"\nfake line" not in log
    assert b"Traceback" not in log
    assert b"wk_agt_x" not in log
