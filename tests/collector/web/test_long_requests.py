"""Long requests in a real gunicorn: threads of their own, late invitations, and answers that break off."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = """
import os, sys, threading, time
from gunicorn.app.base import BaseApplication
from wakeful_collector.web import long_requests, long_threads
from wakeful_collector.web.kit import CROWDED, BrokenOff

long_requests.PATIENCE_SECONDS = 1
long_requests.DRAIN_SECONDS = 2
long_threads.LongThreads.__init__.__defaults__ = (int(sys.argv[2]), 30.0)

class Lane:
    door = None

    def __call__(self, environ, start_response):
        return application(environ, start_response)

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if environ.get(CROWDED):
        start_response("503 Service Unavailable", [("Content-Length", "7")])
        return [b"crowded"]
    if path == "/ollama/body":
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]
    if path == "/ollama/swallowed":
        try:
            environ["wsgi.input"].read()
        except Exception:
            start_response("400 Bad Request", [("Content-Length", "2")])
            return [b"no"]
    if path == "/ollama/unread":
        start_response("401 Unauthorized", [("Content-Length", "2")])
        return [b"no"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return streamed(path)

def streamed(path):
    yield b"first"
    while path == "/ollama/flood":
        yield bytes(100_000)
    if path == "/ollama/broken":
        raise BrokenOff("the other side is gone")
    if path == "/ollama/failed":
        raise ValueError("nobody thought of this")
    if path == "/ollama/held":
        while not os.path.exists(sys.argv[3]):
            time.sleep(0.02)
    yield threading.current_thread().name.encode()

class Server(BaseApplication):
    def load_config(self):
        for name, value in {"bind": "127.0.0.1:" + sys.argv[1], "threads": 2, "worker_connections": 1000,
                "worker_class": "wakeful_collector.web.push_worker.PushWorker", "control_socket_disable": True,
                "graceful_timeout": 1, "loglevel": "error"}.items():
            self.cfg.set(name, value)
    def load(self):
        return Lane()

Server().run()
"""


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """The file whose presence lets streams that are held go on."""
    return tmp_path / "released"


@pytest.fixture
def port(released: Path, request: pytest.FixtureRequest) -> Iterator[int]:
    """gunicorn with two threads for pages and, where nothing else is said, eight for long requests at most."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    most = str(getattr(request, "param", 8))
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(free), most, str(released)], env={**os.environ})
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", free), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield free
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def until_end(sock: socket.socket) -> bytes:
    sock.settimeout(10)
    received = b""
    while piece := sock.recv(65_536):
        received += piece
    return received


def test_pages_and_long_requests_have_threads_of_their_own(port: int, released: Path) -> None:
    found: list[tuple[int, bytes]] = []
    held = [threading.Thread(target=lambda: found.append(get(port, "/ollama/held"))) for _ in range(8)]
    for thread in held:
        thread.start()
    time.sleep(0.5)
    status, body = get(port, "/page")
    assert (status, body[:5]) == (200, b"first")
    assert body != b"firstlong"
    assert get(port, "/ollama/one-too-many") == (503, b"crowded")
    released.touch()
    for thread in held:
        thread.join()
    assert found == [(200, b"firstlong")] * 8
    assert get(port, "/ollama/api/chat") == (200, b"firstlong")


def test_one_connection_serves_long_and_short_requests_in_turn(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(5):
        for path, ending in (("/ollama/a", b"firstlong"), ("/page", b"first")):
            connection.request("GET", path)
            assert connection.getresponse().read().startswith(ending)
    connection.request("POST", "/ollama/body", b"x" * 300_000)
    first_socket = connection.sock
    assert connection.getresponse().read() == b"x" * 300_000
    connection.request("POST", "/ollama/body", iter([b"a", b"b" * 9_000]), encode_chunked=True)
    assert connection.getresponse().read() == b"a" + b"b" * 9_000
    assert connection.sock is first_socket
    connection.close()


def test_a_body_is_invited_when_it_is_wanted(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.sendall(b"POST /ollama/body HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"abc")
        answer = b""
        while not answer.endswith(b"abc"):
            answer += sock.recv(1000)
        assert b"Connection: keep-alive" in answer
        sock.sendall(b"GET /ollama/again HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"firs" in until_end(sock)


def test_a_body_that_nobody_wants_is_not_invited_and_the_connection_ends(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.sendall(b"POST /ollama/unread HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        answer = until_end(sock)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"100 Continue" not in answer
    assert b"Connection: close" in answer


@pytest.mark.parametrize("path", ["/ollama/broken", "/ollama/failed"])
def test_an_answer_that_breaks_off_is_not_ended_as_if_it_were_whole(port: int, path: str) -> None:
    with pytest.raises(http.client.IncompleteRead) as caught:
        get(port, path)
    assert caught.value.partial == b"first"
    assert get(port, "/ollama/next") == (200, b"firstlong")


@pytest.mark.parametrize("port", [1], indirect=True)
def test_a_client_that_left_gives_its_thread_back(port: int, released: Path) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.sendall(b"GET /ollama/held HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in sock.recv(1000)
    assert get(port, "/ollama/other")[0] == 503
    released.touch()
    deadline = time.monotonic() + 5
    while (found := get(port, "/ollama/other"))[0] == 503 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found == (200, b"firstlong")


@pytest.mark.parametrize("port", [1], indirect=True)
def test_a_client_that_reads_nothing_for_too_long_gives_its_thread_back(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.sendall(b"GET /ollama/flood HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in sock.recv(1000)
        assert get(port, "/ollama/other")[0] == 503
        deadline = time.monotonic() + 15
        while (found := get(port, "/ollama/other"))[0] == 503 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert found == (200, b"firstlong")


def test_who_sends_more_than_is_wanted_gets_his_answer_and_keeps_his_connection(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(3):
        connection.request("POST", "/ollama/unread", bytes(5_000_000))
        answer = connection.getresponse()
        assert (answer.status, answer.read(), answer.getheader("Connection")) == (401, b"no", "keep-alive")
    connection.close()


def test_who_sends_what_nobody_wants_byte_by_byte_is_hung_up_on(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.sendall(b"POST /ollama/unread HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        assert sock.recv(65_536).startswith(b"HTTP/1.1 401 ")
        sock.settimeout(0.2)
        deadline = time.monotonic() + 10
        ended = False
        while not ended and time.monotonic() < deadline:
            try:
                sock.sendall(b"x")
                ended = sock.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                ended = True
        assert ended


def test_nothing_is_read_behind_a_body_whose_end_nobody_knows(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        head = b"POST /ollama/swallowed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        sock.sendall(head + b"zz\r\nGET /ollama/next HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = until_end(sock)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
