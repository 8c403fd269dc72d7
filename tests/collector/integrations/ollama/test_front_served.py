"""The gateway's door in the collector's real web server: invitations that come late, TLS, hang-ups, many at once."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from wakeful_collector import clock
from wakeful_collector.serving import certificate

from .front_door import CHAT, Door, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ....fakes.ollama import Ollama


class Served:
    """A web server over the data folder of `door`."""

    def __init__(self, door: Door, tls: tuple[Path, Path] | None = None) -> None:
        self.door = door
        self.tls = tls
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        environ = {**os.environ, "WAKEFUL_DATA": str(door.data), "WAKEFUL_LISTEN": f"127.0.0.1:{self.port}"}
        if tls is not None:
            environ |= {"WAKEFUL_TLS_CERTIFICATE": str(tls[0]), "WAKEFUL_TLS_KEY": str(tls[1])}
        self.process = subprocess.Popen([sys.executable, "-m", "wakeful_collector", "web"], env=environ)
        until(self._is_there, 30)

    def _is_there(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def connect(self) -> socket.socket:
        """Open a connection."""
        plain = socket.create_connection(("127.0.0.1", self.port), 20)
        if self.tls is None:
            return plain
        return ssl.create_default_context(cafile=str(self.tls[0])).wrap_socket(plain, server_hostname="localhost")

    def head(self, method: str, path: str, *more: str) -> bytes:
        """Return the head of a request."""
        lines = (f"{method} {path} HTTP/1.1", "Host: localhost", f"X-API-Key: {self.door.key}", *more, "", "")
        return "\r\n".join(lines).encode()

    def post(self, document: Any, path: str = "/ollama/api/chat") -> bytes:
        """Return a whole request."""
        body = json.dumps(document).encode()
        return self.head("POST", path, f"Content-Length: {len(body)}") + body

    def end(self) -> None:
        """Stop it."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0


@pytest.fixture
def served_door(door: Door) -> Iterator[Served]:
    """The door behind the collector's web server."""
    made = Served(door)
    yield made
    made.end()


@pytest.fixture
def secure(door: Door, tmp_path: Path) -> Iterator[Served]:
    """The same with TLS."""
    made = Served(door, certificate.self_signed(tmp_path / "tls", ["localhost"], clock.now_ms()))
    yield made
    made.end()


def received(sock: socket.socket, mark: bytes) -> bytes:
    content = b""
    while mark not in content:
        piece = sock.recv(65_536)
        assert piece, content
        content += piece
    return content


def test_a_large_body_is_invited_only_once_the_machine_is_awake(served_door: Served, server: Ollama) -> None:
    served_door.door.stand("waking")
    digest = "sha256:" + __import__("hashlib").sha256(b"blob").hexdigest()
    with served_door.connect() as sock:
        path = f"/ollama/api/blobs/{digest}"
        sock.sendall(served_door.head("POST", path, "Content-Length: 4", "Expect: 100-continue"))
        sock.settimeout(1)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        served_door.door.stand("awake")
        sock.settimeout(20)
        assert received(sock, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"blob")
        assert received(sock, b"\r\n\r\n").startswith(b"HTTP/1.1 201 ")


def test_a_body_for_a_machine_that_never_shows_is_not_invited(served_door: Served) -> None:
    served_door.door.stand("unreachable", "gone", cool_ms=int(time.time() * 1000) + 60_000, probed_ms=1)
    with served_door.connect() as sock:
        sock.sendall(served_door.head("POST", "/ollama/api/blobs/x", "Content-Length: 4", "Expect: 100-continue"))
        answer = received(sock, b"}\n")
        assert answer.startswith(b"HTTP/1.1 504 ")
        assert b"Connection: close" in answer
        assert sock.recv(1) == b""


@pytest.mark.parametrize("way", ["served_door", "secure"])
def test_streams_and_hang_ups_over_either_way(way: str, request: pytest.FixtureRequest, server: Ollama) -> None:
    made: Served = request.getfixturevalue(way)
    with made.connect() as sock:
        for _ in range(3):
            sock.sendall(made.post(CHAT))
            answer = received(sock, b"0\r\n\r\n")
            assert answer.count(b'"done"') == 4
    server.manners.first_token_seconds = 30
    sock = made.connect()
    sock.sendall(made.post(CHAT))
    until(lambda: server.active() == 1)
    sock.close()
    assert server.wait_for("cancelled", "/api/chat")
    until(lambda: made.door.rows()[0].outcome == "cancelled")


def test_a_stream_that_dies_is_cut_where_no_line_can_say_so(served_door: Served, server: Ollama) -> None:
    server.fail("cut", after=1)
    connection = http.client.HTTPConnection("127.0.0.1", served_door.port, timeout=20)
    headers = {"X-API-Key": served_door.door.key, "Host": "localhost"}
    connection.request("POST", "/ollama/api/generate", json.dumps({"model": "gem", "prompt": "x"}), headers)
    assert json.loads(connection.getresponse().read().splitlines()[-1])["error"].startswith("box broke off")
    connection.request("GET", "/ollama/api/tags", headers=headers)
    assert connection.getresponse().status == 200
    connection.close()


def test_two_hundred_streams_cost_little_and_one_too_many_is_told(served_door: Served, server: Ollama) -> None:
    door = served_door.door
    door.machine(server.url, parallel=1_000, queue=1_000)
    server.manners.parallel = 1_000
    server.manners.first_token_seconds = 60
    with served_door.connect() as sock:
        sock.sendall(served_door.head("GET", "/ollama/api/tags"))
        received(sock, b"]}")
    [process] = psutil.Process(served_door.process.pid).children()
    before = process.memory_info().rss
    open_ones = [served_door.connect() for _ in range(256)]

    def ask(sock: socket.socket) -> None:
        sock.sendall(served_door.post(CHAT))

    for sock in open_ones:
        threading.Thread(target=ask, args=(sock,)).start()
    until(lambda: server.active() == 256, 40)
    assert process.memory_info().rss - before < 256 * 600_000
    with served_door.connect() as sock:
        sock.sendall(served_door.post(CHAT))
        assert b" 503 " in received(sock, b"}\n").partition(b"\r\n")[0]
    began = time.monotonic()
    with served_door.connect() as sock:
        sock.sendall(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert b" 200 " in received(sock, b"</html>").partition(b"\r\n")[0]
    assert time.monotonic() - began < 15
    for sock in open_ones:
        sock.close()
    until(lambda: server.active() == 0, 40)
