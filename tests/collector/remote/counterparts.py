"""Whom the command line meets in its tests: collectors, machines, odd ends, and somebody at a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from wakeful_collector import clock
from wakeful_collector.accounts import keys
from wakeful_collector.store.changes import changing
from wakeful_wire.schema import schema_hash

from ..conftest import Machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE_SECONDS = 30.0
PROGRAM = [sys.executable, "-c", "import sys; from wakeful_collector.remote import main; sys.exit(main())"]
ACTIONS = [
    {
        "name": "restart-web",
        "danger": "changes",
        "help": "Restart a web server",
        "parameters": {
            "unit": {"kind": "choice", "required": True, "choices": ["nginx", "apache"]},
            "tries": {"kind": "number", "required": False, "default": 1, "least": 1, "most": 5},
            "hard": {"kind": "flag", "required": False},
        },
    },
    {"name": "look", "danger": "none", "parameters": {}},
    {"name": "wipe", "danger": "destroys", "parameters": {}},
    *(
        {"name": name, "danger": "changes", "parameters": {}, "watch": watch}
        for name in ("server.start", "server.restart", "watch.pause", "watch.resume", "watch.repair")
        for watch in ("survival", "creative")
    ),
]


def await_true(question: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Ask until the answer is true; fail saying what never came."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if found := question():
                return found
        time.sleep(0.05)
    return pytest.fail(f"not within {seconds:.0f} s: {what}")


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document that was printed."""
        return json.loads(self.out)


@dataclass
class Served:
    """A collector in processes of its own."""

    data: Path
    port: int
    more: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        scheme = "https" if "WAKEFUL_TLS_CERTIFICATE" in self.more else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    def start(self) -> None:
        environ = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
        environ |= {"WAKEFUL_DATA": str(self.data), "WAKEFUL_LISTEN": f"127.0.0.1:{self.port}", **self.more}
        log = (self.data.parent / f"collector-{self.port}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wakeful_collector", "serve"], env=environ, stdout=log, stderr=log
        )
        log.close()
        await_true(self.answers, f"{self.url} answers")

    def answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), 1):
            if self.url.startswith("https"):
                return True
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
            return bool(answer.status == 200)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def key(self, *scopes: str) -> str:
        with changing(self.data) as connection:
            made = keys.create(connection, f"cli-{'-'.join(scopes)}", scopes, "local:test", clock.now_ms(), None)
        return made.secret


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Seat:
    """A program on a terminal of its own, as somebody who sits there sees it."""

    child: int
    end: int
    seen: str = ""

    def read_until(self, pattern: str, seconds: float = PATIENCE_SECONDS) -> str:
        until = time.monotonic() + seconds
        while not re.search(pattern, self.seen):
            if not self._more(until - time.monotonic()):
                raise AssertionError(f"{pattern!r} never came: {self.seen!r}")
        return self.seen

    def _more(self, seconds: float) -> bool:
        poll = select.poll()  # select() knows no descriptor beyond 1023, and a run of all tests may have as many
        poll.register(self.end, select.POLLIN)
        if seconds <= 0 or not poll.poll(seconds * 1000):
            return False
        try:
            piece = os.read(self.end, 65_536)
        except OSError:  # the other end was closed
            return False
        self.seen += piece.decode("utf-8", "replace")
        return bool(piece)

    def type(self, text: str) -> None:
        os.write(self.end, text.encode())

    def wait(self) -> int:
        while self._more(PATIENCE_SECONDS):
            pass
        _, status = os.waitpid(self.child, 0)
        os.close(self.end)
        return os.waitstatus_to_exitcode(status)


class Obedient:
    """An agent as the collector meets it: pushes ten times a second, takes commands, tells what became of them."""

    def __init__(self, machine: Any, judge: Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]) -> None:
        self.machine = machine
        self.heard: list[dict[str, Any]] = []
        self.trouble: Exception | None = None
        self._judge = judge
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Obedient:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        assert self.trouble is None, self.trouble

    def _run(self) -> None:
        results: list[dict[str, Any]] = []
        try:
            while not self._end.wait(0.1):
                results = [self._done(one) for one in self._push(results)]
        except Exception as error:  # told in the test's own thread
            self.trouble = error

    def _push(self, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
        machine, now_ms = self.machine, clock.now_ms()
        body = {"wire": 1, "run": f"run-{machine.id}", "sequence": machine.sequence, "results": results}
        body |= {"schema": schema_hash([]), "series": [], "ticks": []}
        machine.sequence += 1
        agent = machine.door.authenticate(f"Bearer {machine.token}", now_ms)
        reply = machine.door.take(agent, json.dumps(body).encode(), "", now_ms)
        assert reply.status == 200, reply
        return list(json.loads(reply.body).get("commands", []))

    def _done(self, command: dict[str, Any]) -> dict[str, Any]:
        self.heard.append(command)
        state, data = self._judge(command)
        return {"command": command["id"], "state": state, "data": data}


def done(command: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Do whatever is asked."""
    return "done", {"summary": f"did {command['action']}"}


class Answering:
    """Something that listens and answers each connection with the bytes it was given, whatever it is asked."""

    def __init__(self, *answers: bytes, hold_seconds: float = 0.0) -> None:
        self.heard: list[bytes] = []
        self._answers = list(answers)
        self._hold_seconds = hold_seconds
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Answering:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                channel, _ = self._listener.accept()
            except OSError:
                return
            with channel, contextlib.suppress(OSError):
                channel.settimeout(5)
                self.heard.append(_asked(channel))
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                time.sleep(self._hold_seconds)
                channel.sendall(answer)


def _asked(channel: socket.socket) -> bytes:
    """Return a request whole: its head, and the body that the head tells of."""
    heard = b""
    while piece := channel.recv(65_536):
        heard += piece
        head, mark, body = heard.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: ([0-9]+)", head)
        if mark and len(body) >= (int(length[1]) if length else 0):
            break
        if not heard[:1].isalpha():  # a greeting of TLS has no head
            break
    return heard


def http(status: str, body: str = "{}", *headers: str) -> bytes:
    """Return an answer as it stands on the wire."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body.encode()


class OnTime(Machine):
    """A machine whose pushes are always of now."""

    def push(self, ticks: Any, now_ms: int, series: Any = None, **more: Any) -> None:
        now_ms = clock.now_ms()
        more["events"] = [{**one, "at": now_ms - one["at"]} for one in more.get("events", [])]
        super().push(ticks, now_ms, series, **more)
