"""No thread waits for a client: strangers who send a byte now and then hold nothing but their own connections."""

from __future__ import annotations

import http.client
import logging
import os
import resource
import selectors
import signal
import socket
import ssl
import subprocess
import sys
import time
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from gunicorn.config import Config

from wakeful_collector.web import gathering_worker
from wakeful_collector.web.gathering_worker import GatheringWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STRANGERS = 300


def serve(data: Path, *words: str, **environ: str) -> Iterator[int]:
    """The collector's web server on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    whole = {**os.environ, "WAKEFUL_DATA": str(data), "WAKEFUL_LISTEN": f"127.0.0.1:{free}", **environ}
    process = subprocess.Popen([sys.executable, "-m", "wakeful_collector", *(words or ("web",))], env=whole)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", free), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield free
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


@pytest.fixture
def port(data: Path) -> Iterator[int]:
    yield from serve(data, WAKEFUL_WEB_WORKERS="1")


@pytest.fixture
def tls_port(data: Path) -> Iterator[int]:
    yield from serve(data, "serve", "--tls", "self", WAKEFUL_WEB_WORKERS="1")


def status(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"G",
        b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n\r\nname=",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: ",
        b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 00000000900\r\n\r\nname=",
    ],
    ids=["silence", "a letter", "half a head", "half a form", "half a request behind a whole one", "noughts"],
)
def test_strangers_who_begin_and_do_not_end_hold_no_page(port: int, beginning: bytes) -> None:
    strangers = [socket.create_connection(("127.0.0.1", port)) for _ in range(STRANGERS)]
    for stranger in strangers:
        stranger.sendall(beginning)
    other = http.client.HTTPConnection("127.0.0.1", port, timeout=9)
    for _ in range(3):
        for stranger in strangers:
            stranger.sendall(b"G" if not beginning else b"x")
        assert status(other) == 200
    fresh = http.client.HTTPConnection("127.0.0.1", port, timeout=9)
    assert status(fresh) == 200
    for stranger in strangers:
        stranger.close()


def test_strangers_who_stop_in_the_middle_of_tls_hold_no_page(tls_port: int) -> None:
    strangers = [socket.create_connection(("127.0.0.1", tls_port)) for _ in range(STRANGERS)]
    for stranger in strangers:
        stranger.sendall(b"\x16\x03\x01\x02\x00\x01")
    trusting = ssl._create_unverified_context()
    slow = []
    for _ in range(20):
        raw = socket.create_connection(("127.0.0.1", tls_port))
        slow.append(trusting.wrap_socket(raw))
        slow[-1].sendall(b"GET /healthz HTTP/1.1\r\nHo")
    other = http.client.HTTPSConnection("127.0.0.1", tls_port, timeout=9, context=trusting)
    assert [status(other) for _ in range(5)] == [200] * 5
    for stranger in slow:
        stranger.sendall(b"st: 127.0.0.1\r\n\r\n")
        assert stranger.recv(100).startswith(b"HTTP/1.1 200")
    two = slow[0]
    two.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 2 + b"POST /sign-in HTTP/1.1\r\nHost: x\r\n")
    assert said(two, b"HTTP/1.1 200 OK", 2)
    for stranger in (*strangers, *slow):
        stranger.close()


@pytest.mark.parametrize("kind", ["plain", "tls"])
def test_strangers_who_take_their_answers_slowly_hold_no_page(kind: str, request: pytest.FixtureRequest) -> None:
    """Each asks for a file five hundred times at once, and takes a hundred bytes of them now and then."""
    free = request.getfixturevalue("port" if kind == "plain" else "tls_port")
    asked = b"GET /static/css/parts.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 500
    trusting = ssl._create_unverified_context()
    strangers = []
    for _ in range(40):
        stranger = socket.socket()
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        stranger.settimeout(30)
        stranger.connect(("127.0.0.1", free))
        strangers.append(stranger if kind == "plain" else trusting.wrap_socket(stranger))
        strangers[-1].sendall(asked)
    connect: Any = http.client.HTTPConnection
    if kind == "tls":
        connect = partial(http.client.HTTPSConnection, context=trusting)
    for _ in range(12):
        assert status(connect("127.0.0.1", free, timeout=9)) == 200
        for stranger in strangers:
            stranger.recv(100)
        time.sleep(0.5)
    for stranger in strangers:
        stranger.close()


def said(client: socket.socket, mark: bytes, times: int = 1) -> bytes:
    client.settimeout(30)
    received = b""
    while received.count(mark) < times:
        piece = client.recv(65_536)
        assert piece, received
        received += piece
    return received


def test_a_form_that_comes_in_pieces_is_answered(port: int) -> None:
    body = b"name=ada&password=wrong&csrf=none"
    head = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with socket.create_connection(("127.0.0.1", port)) as client:
        for at in range(0, len(whole), 7):
            client.sendall(whole[at : at + 7])
            time.sleep(0.001)
        assert b"403" in said(client, b"\r\n")


def test_who_waits_to_be_asked_for_a_form_is_asked(port: int) -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(head)
        assert said(client, b"100 Continue\r\n\r\n")
        client.sendall(b"a=b&")
        assert said(client, b"HTTP/1.1 403")


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"hello there\r\n", b"HTTP/1.1 400"),
        (b"GET  /sign-in HTTP/1.1\r\nHost: x\r\n", b"HTTP/1.1 400"),
        (b"POST /sign-in HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 9\n\na", b"HTTP/1.1 400"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000, b"HTTP/1.1 431"),
        (b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 411"),
        (b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 70000\r\n\r\n", b"HTTP/1.1 413"),
        (b"POST /api/v1/enroll HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 411"),
        (b"POST /api/v1/enroll HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n", b"HTTP/1.1 413"),
    ],
)
def test_what_a_stranger_may_not_send_is_answered_before_it_is_there(port: int, sent: bytes, answer: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(sent)
        assert answer in said(client, b"\r\n")


class Bench:
    """A worker outside of gunicorn with a listener; `handed` has the requests that threads would have seen."""

    def __init__(self) -> None:
        self.worker = GatheringWorker(0, 0, [], None, 30, Config(), logging.getLogger("test"))
        self.worker.poller = selectors.DefaultSelector()
        self.worker.method_queue.init()
        self.worker.alive = True
        self.handed: list[bytes] = []
        self.worker.enqueue_req = lambda conn: self.handed.append(conn.parser.unreader.take_buffered())
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.ends: list[socket.socket] = []

    def client(self, sent: bytes) -> socket.socket:
        client = socket.create_connection(self.listener.getsockname())
        self.ends.append(client)
        self.worker.accept(self.listener)
        client.sendall(sent)
        self.turn()
        return client

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.worker.wait_for_and_dispatch_events(1.0)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    for conn in (*made.worker.keepalived_conns, *made.worker.pending_conns):
        conn.close()
    for end in (made.listener, *made.ends):
        end.close()
    made.worker.poller.close()
    made.worker.method_queue.close()


def test_half_a_request_ends_when_its_time_is_over(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering_worker, "REQUEST_SECONDS", 0.05)
    client = bench.client(b"GET / HT")
    assert len(bench.worker.pending_conns) == bench.worker.nr_conns == 1
    bench.worker.murder_pending()
    time.sleep(0.06)
    bench.worker.murder_pending()
    assert len(bench.worker.pending_conns) == bench.worker.nr_conns == bench.worker._gathered_bytes == 0
    client.settimeout(5)
    assert client.recv(1) == b""


def test_a_client_that_leaves_in_the_middle_is_forgotten(bench: Bench) -> None:
    bench.client(b"GET / HT").close()
    bench.turn()
    assert bench.worker.nr_conns == bench.worker._gathered_bytes == 0
    bench.client(b"").close()
    bench.turn()
    assert bench.worker.nr_conns == 0
    assert not bench.handed


def test_the_oldest_go_when_all_together_hold_too_much(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering_worker, "GATHERED_BYTES_MAX", 100)
    first, second = bench.client(b"GET /" + b"a" * 50), bench.client(b"GET /" + b"b" * 60)
    first.settimeout(5)
    assert first.recv(1) == b""
    second.sendall(b" HTTP/1.1\r\n\r\n")
    bench.turn()
    assert bench.handed == [b"GET /" + b"b" * 60 + b" HTTP/1.1\r\n\r\n"]
    assert bench.worker._gathered_bytes == 0


def test_one_that_goes_for_another_of_the_same_turn_ends_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = bench.client(b"GET /" + b"a" * 40), bench.client(b"GET /" + b"b" * 40)
    monkeypatch.setattr(gathering_worker, "GATHERED_BYTES_MAX", 100)
    second.sendall(b"b" * 30)
    first.sendall(b"a" * 30)
    bench.turn(2)
    assert bench.worker.nr_conns == len(bench.worker.pending_conns) == 1
    assert bench.worker._gathered_bytes == 75


def test_a_connection_that_is_gone_before_it_is_taken_costs_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.listener.setblocking(False)
    bench.worker.accept(bench.listener)
    assert bench.worker.nr_conns == 0

    def fails(_client: socket.socket) -> socket.socket:
        raise OSError(107, "not connected")

    with monkeypatch.context() as broken:
        broken.setattr(bench.worker, "_wrapped", fails)
        bench.ends.append(socket.create_connection(bench.listener.getsockname()))
        bench.worker.accept(bench.listener)
    assert bench.worker.nr_conns == 0
    with pytest.raises(OSError, match="Bad file"):
        bench.worker.accept(closed())


def test_a_process_without_room_for_a_connection_keeps_those_it_has(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering_worker, "REST_SECONDS", 0.05)
    kept = [bench.client(b"") for _ in range(3)]
    bench.ends.append(socket.create_connection(bench.listener.getsockname()))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        bench.worker.accept(bench.listener)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert bench.worker.nr_conns == 3
    bench.worker.murder_pending()
    assert bench.worker.worker_connections == 0
    time.sleep(0.06)
    bench.worker.murder_pending()
    assert bench.worker.worker_connections == bench.worker.cfg.worker_connections
    bench.worker.accept(bench.listener)
    assert bench.worker.nr_conns == 4
    kept[0].sendall(b"GET / HTTP/1.1\r\n\r\n")
    bench.turn()
    assert bench.handed == [b"GET / HTTP/1.1\r\n\r\n"]


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("::ffff:192.0.2.7", 1, 0, 0), "192.0.2.7"),
        (("2001:db8::1:2:3:4", 1, 0, 0), "2001:db8::/64"),
        (("10.0.0.9", 1), ""),
        (("::ffff:10.0.0.9", 1, 0, 0), ""),
        ("", ""),
        ("/run/socket", ""),
    ],
)
def test_whose_share_a_slow_reader_takes(bench: Bench, address: Any, whose: str) -> None:
    bench.worker.cfg.set("forwarded_allow_ips", "10.0.0.0/8")
    assert bench.worker._whose(address) == whose


def closed() -> socket.socket:
    listener = socket.socket()
    listener.close()
    return listener


def test_a_client_that_takes_nothing_is_told_nothing(bench: Bench) -> None:
    gone = closed()
    bench.worker._say(gone, b"x")
    assert bench.worker.received(gone) == b""


def test_half_a_request_behind_a_whole_one_waits_in_the_loop(bench: Bench) -> None:
    done: Callable[[], SimpleNamespace] = lambda: SimpleNamespace(  # noqa: E731 - what a future answers
        cancelled=lambda: False, exception=lambda: None, result=lambda: True
    )
    client = bench.client(b"GET / HTTP/1.1\r\n\r\n")
    conn = next(iter({key.data.args[0] for key in bench.worker.poller.get_map().values()}), None)
    assert conn is None
    assert len(bench.handed) == 1
    taken: list[Any] = []
    bench.worker.enqueue_req = taken.append
    client.sendall(b"GET / HTTP/1.1\r\n\r\n")
    other = bench.client(b"GET / HTTP/1.1\r\n\r\n")
    conn = taken[0]
    conn.parser.unreader.take_buffered()
    conn.parser.unreader.unread(b"GET / HT")
    bench.worker.finish_request(conn, done())
    other.sendall(b"TP/1.1\r\n\r\n")
    bench.turn(2)
    assert len(taken) == 2
    conn.parser.unreader.take_buffered()
    conn.parser.unreader.unread(b"GET / HTTP/1.1\r\n\r\n")
    bench.worker.finish_request(conn, done())
    assert len(taken) == 3
