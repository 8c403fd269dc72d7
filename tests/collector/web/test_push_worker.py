"""The push lane in a real gunicorn: what an agent's connection meets there, from the first byte to the last."""

from __future__ import annotations

import gzip
import http.client
import json
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn

from wakeful_collector.ingest.answers import Reply
from wakeful_collector.read import hosts, traffic
from wakeful_collector.store import database
from wakeful_collector.web.push_lane import LaneRequest
from wakeful_collector.web.push_worker import PushWorker
from wakeful_wire.schema import parse_series, schema_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERIES = [["system.cpu.utilization", {}]]
SCHEMA = schema_hash(parse_series(SERIES))


@pytest.fixture
def port(data: Path) -> Iterator[int]:
    """The collector's web server on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    environ = {**os.environ, "WAKEFUL_DATA": str(data), "WAKEFUL_LISTEN": f"127.0.0.1:{free}"}
    process = subprocess.Popen([sys.executable, "-m", "wakeful_collector", "web"], env=environ)
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


class Line:
    """A kept-alive connection of an agent."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.token = token
        self.sequence = 0

    def body(self, **more: Any) -> bytes:
        """Return the next push."""
        at_ms = int(time.time() * 1000) - 60_000 + self.sequence
        said = {"wire": 1, "run": "run-00001", "sequence": self.sequence, "schema": SCHEMA, "ticks": [[at_ms, [1]]]}
        self.sequence += 1
        return gzip.compress(json.dumps({**said, **more}).encode())

    def post(self, body: bytes, path: str = "/api/v1/push", **headers: str) -> tuple[int, Any]:
        """Send a request and return status and answer."""
        sent = {"Authorization": f"Bearer {self.token}", "Content-Encoding": "gzip", **headers}
        self.connection.request("POST", path, body, sent)
        answer = self.connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content.startswith(b"{") else content


@pytest.fixture
def line(port: int, machine: Callable[..., Any]) -> Line:
    """A connection that has pushed once, over which the lane is open."""
    opened = Line(port, machine().token)
    assert opened.post(opened.body(series=SERIES, hello={"name": "web-1"}))[0] == 200
    return opened


def _stored(data: Path) -> int:
    return int(database.reader(data, "samples").execute("SELECT count(*) FROM hot").fetchone()[0])


def test_pushes_on_one_connection_are_answered_in_turn_and_stored(line: Line, data: Path) -> None:
    for number in range(1, 30):
        assert line.post(line.body()) == (200, {"sequence": number})
    assert _stored(data) == 30


def test_refusals_leave_the_connection_good(line: Line, data: Path) -> None:
    good = line.token
    line.token = "wk_agt_wrong"
    assert line.post(line.body())[0] == 401
    assert line.post(bytes(30_000))[0] == 401
    assert line.post(bytes(60_000))[0] == 401
    line.token = good
    assert line.post(line.body())[0] == 200
    assert line.post(b"no gzip at all")[1]["error"] == "not_gzip"
    assert line.post(gzip.compress(b"{"))[1]["error"] == "not_json"
    assert line.post(line.body(), path="/api/v1/enroll")[0] == 422
    line.connection.request("GET", "/api/v1/push")
    answer = line.connection.getresponse()
    assert (answer.status, len(answer.read()) > 0) == (405, True)
    assert line.post(line.body())[0] == 200


def test_large_refused_bodies_end_well_on_a_new_connection(line: Line) -> None:
    status, _ = line.post(bytes(3_000_000))
    assert status == 413
    line.connection.close()
    assert line.post(line.body())[0] == 200


def test_large_and_chunked_pushes_take_the_ordinary_way(line: Line, data: Path) -> None:
    rows = [[int(time.time() * 1000) - 50_000 + at, [at * 1.37]] for at in range(900)]
    noise = {"noise": os.urandom(40_000).hex()}
    assert line.post(line.body(ticks=rows, events=[], hello=noise))[0] == 200
    headers = {"Authorization": f"Bearer {line.token}", "Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}
    line.connection.request("POST", "/api/v1/push", iter([line.body()]), headers, encode_chunked=True)
    answer = line.connection.getresponse()
    assert (answer.status, json.loads(answer.read())["sequence"]) == (200, 2)
    assert line.post(line.body())[0] == 200
    assert _stored(data) == 4


def test_a_push_that_is_heavy_once_inflated_is_read_by_a_thread(line: Line) -> None:
    heavy = line.body(later=[0] * 1_000_000)
    assert len(heavy) < 32 * 1024
    assert line.post(heavy) == (200, {"sequence": 1})
    lying = line.body(later=[0] * 1_000_000)[:-4] + (100).to_bytes(4, "little")
    assert line.post(lying)[0] in {400, 413}
    assert line.post(line.body())[0] == 200


def test_a_push_in_pieces_and_two_at_once_are_answered(line: Line, data: Path) -> None:
    def request(body: bytes) -> bytes:
        head = f"POST /api/v1/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {line.token}\r\n"
        return f"{head}Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    sock = line.connection.sock
    assert sock is not None
    whole = request(line.body())
    for start in range(0, len(whole), 50):
        sock.sendall(whole[start : start + 50])
        time.sleep(0.005)
    assert b'{"sequence":1}' in _until(sock, b'{"sequence":1}')
    sock.sendall(request(line.body()) + request(line.body()))
    assert b'{"sequence":2}' in _until(sock, b'{"sequence":3}')
    for _ in range(20):
        sock.sendall(request(line.body()))
    _until(sock, b'{"sequence":23}')
    assert _stored(data) == 24


def test_clients_that_leave_in_the_middle_hurt_nobody(line: Line, port: int, data: Path) -> None:
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", port)) as leaving:
            leaving.sendall(b"POST /api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf")
    other = Line(port, line.token)
    other.sequence = 100
    assert other.post(other.body())[0] == 200
    sock = other.connection.sock
    assert sock is not None
    body = other.body()
    head = f"POST /api/v1/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {other.token}\r\nContent-Encoding: gzip\r\n"
    sock.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    sock.close()
    assert line.post(line.body())[0] == 200
    deadline = time.monotonic() + 5
    while _stored(data) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert _stored(data) == 4


def test_silent_clients_do_not_hold_the_threads_for_ever(line: Line, port: int) -> None:
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(14)]
    for client in silent:
        client.sendall(b"POST /api/v1/push HTTP/1.1\r\nHost: x\r\nContent-")
    time.sleep(0.3)
    began = time.monotonic()
    other = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    other.request("GET", "/healthz")
    assert other.getresponse().status == 200
    assert time.monotonic() - began < 15
    assert line.post(line.body())[0] == 200
    for client in silent:
        client.close()


def test_many_connections_share_commits(line: Line, port: int, data: Path) -> None:
    def work(number: int) -> None:
        mine = Line(port, line.token)
        mine.sequence = 1_000 * (number + 1)
        for _ in range(20):
            assert mine.post(mine.body())[0] == 200
        done.append(number)

    done: list[int] = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 16
    assert _stored(data) == 321
    time.sleep(1.1)
    assert line.post(line.body())[0] == 200
    assert traffic.statistics(data).commits < 250
    assert len(hosts.hosts(data)) == 1


@pytest.fixture
def lane() -> Iterator[tuple[PushWorker, TConn, socket.socket]]:
    """A worker outside of gunicorn with one connection it keeps, and that connection's other end."""
    worker = PushWorker(0, 0, [], None, 30, Config(), logging.getLogger("test"))
    worker.poller = selectors.DefaultSelector()
    worker.method_queue.init()
    worker.alive = True
    worker.wsgi = SimpleNamespace(door=None)
    here, there = socket.socketpair()
    conn = TConn(worker.cfg, here, ("", 0), ("", 0))
    worker.keepalived_conns.append(conn)
    worker.listen_to(conn)
    yield worker, conn, there
    there.close()
    here.close()
    worker.poller.close()
    worker.method_queue.close()


def test_a_wake_up_without_bytes_changes_nothing(lane: tuple[PushWorker, TConn, socket.socket]) -> None:
    worker, conn, _ = lane
    worker.on_client_socket_readable(conn, conn.sock)
    assert conn in worker.keepalived_conns
    assert conn.sock in {key.fileobj for key in worker.poller.get_map().values()}


def test_what_nobody_thought_of_costs_this_connection_alone(
    lane: tuple[PushWorker, TConn, socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    worker, conn, there = lane
    worker._keep(conn, LaneRequest("Bearer x", "gzip", False, b"x"))
    assert "a push could not be taken" in caplog.text
    there.settimeout(5)
    assert there.recv(10) == b""


def test_an_answer_to_a_client_that_left_ends_its_connection(lane: tuple[PushWorker, TConn, socket.socket]) -> None:
    worker, conn, there = lane
    there.close()
    worker._under_way.add(conn)
    worker._answer(conn, Reply(200, b"{}"), False, 1_000)
    assert conn not in worker._under_way
    conn.sock.close()
    worker._under_way.add(conn)
    worker._answer(conn, Reply(200, b"{}"), False, 1_000)
    assert conn not in worker._under_way


def test_an_answer_that_does_not_fit_ends_the_connection(lane: tuple[PushWorker, TConn, socket.socket]) -> None:
    worker, conn, there = lane
    worker._answer(conn, Reply(200, b"x" * 50_000_000), False, 1_000)
    there.settimeout(5)
    received = 0
    while piece := there.recv(1 << 20):
        received += len(piece)
    assert 0 < received < 50_000_000


def test_a_client_that_was_answered_meanwhile_is_listened_to_at_once(
    lane: tuple[PushWorker, TConn, socket.socket],
) -> None:
    worker, conn, _ = lane
    worker._pause(conn, conn.sock)
    assert conn not in worker._paused
    assert conn.sock in {key.fileobj for key in worker.poller.get_map().values()}
    worker._resume(conn)
    assert [key.fileobj for key in worker.poller.get_map().values()].count(conn.sock) == 1


def test_a_paused_client_is_listened_to_when_it_was_answered(lane: tuple[PushWorker, TConn, socket.socket]) -> None:
    worker, conn, there = lane
    worker._under_way.add(conn)
    worker.on_client_socket_readable(conn, conn.sock)
    assert conn in worker._paused
    assert len(worker.poller.get_map()) == 0
    worker._answer(conn, Reply(200, b"{}"), False, 1_000)
    worker.method_queue.run_callbacks(None)
    assert conn.sock in {key.fileobj for key in worker.poller.get_map().values()}
    there.settimeout(5)
    assert b"200 OK" in there.recv(1_000)


def _until(sock: socket.socket, mark: bytes) -> bytes:
    received = b""
    sock.settimeout(10)
    while mark not in received:
        piece = sock.recv(65_536)
        assert piece, received
        received += piece
    return received
