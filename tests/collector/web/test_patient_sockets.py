from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.serving import certificate
from wakeful_collector.web import patient_sockets
from wakeful_collector.web.patient_sockets import PatientTls, be_probed, patient, set_patience

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MUCH = bytes(range(256)) * 40_000


def test_a_silent_client_is_hung_up_on() -> None:
    ours, theirs = socket.socketpair()
    slow = patient(ours, 1)
    slow.setblocking(True)
    theirs.sendall(b"half")
    assert slow.recv(100) == b"half"
    began = time.monotonic()
    with pytest.raises(ConnectionResetError):
        slow.recv(100)
    assert 0.5 < time.monotonic() - began < 5
    with pytest.raises(ConnectionResetError):
        slow.shutdown(socket.SHUT_WR)
    slow.close()
    theirs.close()


def test_a_look_that_does_not_wait_says_so_as_ever() -> None:
    ours, theirs = socket.socketpair()
    quick = patient(ours)
    quick.setblocking(False)
    with pytest.raises(BlockingIOError):
        quick.recv(100)
    theirs.close()
    assert quick.recv(100) == b""
    quick.shutdown(socket.SHUT_WR)
    quick.close()


def test_a_client_without_a_word_is_found_out_by_the_kernel() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        be_probed(server)
        assert server.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert server.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 120_000
        client.close()
        server.close()
        be_probed(server)
        set_patience(server, 1)
    ours, theirs = socket.socketpair()
    be_probed(ours)
    theirs.sendall(b"still there")
    assert ours.recv(100) == b"still there"
    ours.close()
    theirs.close()


class Lender:
    """Counts how often a place was lent; one of its writes at a time."""

    def __init__(self, lends: bool) -> None:
        self.lends = lends
        self.times = 0

    @contextmanager
    def lend(self) -> Iterator[bool]:
        self.times += 1
        yield self.lends


def over_tls(ours: socket.socket, theirs: socket.socket, folder: Path) -> tuple[PatientTls, ssl.SSLSocket]:
    chain, key = certificate.self_signed(folder, ["localhost"], int(time.time() * 1000))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    context.sslsocket_class = PatientTls
    made: list[Any] = []
    threading.Thread(
        target=lambda: made.append(ssl._create_unverified_context().wrap_socket(theirs)), daemon=True
    ).start()
    server = context.wrap_socket(ours, server_side=True)
    while not made:
        time.sleep(0.01)
    assert isinstance(server, PatientTls)
    return server, made[0]


@pytest.fixture(params=["plain", "tls"])
def ends(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Any, Any]]:
    """Our end and a client's, whose buffers hold much less than what is written."""
    ours, theirs = socket.socketpair()
    server: Any = patient(ours, 1)
    client: Any = theirs
    server.setblocking(True)
    if request.param == "tls":
        server, client = over_tls(server, client, tmp_path)
    yield server, client
    server.close()
    client.close()


@pytest.mark.parametrize("lends", [True, False])
def test_who_takes_an_answer_bit_by_bit_gets_all_of_it(ends: tuple[Any, Any], lends: bool) -> None:
    server, client = ends
    lender = Lender(lends)
    server.lend = lender.lend
    received = bytearray()

    def take() -> None:
        while len(received) < len(MUCH):
            received.extend(client.recv(50_000))

    taker = threading.Thread(target=take)
    taker.start()
    server.sendall(MUCH)
    taker.join(30)
    assert bytes(received) == MUCH
    assert lender.times <= 1


def test_a_small_answer_lends_no_place(ends: tuple[Any, Any]) -> None:
    server, client = ends
    lender = Lender(True)
    server.lend = lender.lend
    server.sendall(b"small")
    assert client.recv(100) == b"small"
    assert lender.times == 0


@pytest.mark.parametrize("lends", [True, False])
def test_who_takes_nothing_is_given_up(ends: tuple[Any, Any], lends: bool) -> None:
    server, _ = ends
    lender = Lender(lends)
    server.lend = lender.lend
    with pytest.raises(ConnectionResetError, match="too slowly"):
        server.sendall(MUCH)
    assert lender.times == 1


def test_who_takes_a_little_now_and_then_is_given_up_too(
    ends: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient_sockets, "TAKING_SECONDS", 0.0)
    monkeypatch.setattr(patient_sockets, "TAKEN_BYTES_A_SECOND", len(MUCH))
    server, client = ends
    server.lend = Lender(True).lend
    over = threading.Event()

    def take() -> None:
        while not over.wait(0.05):
            client.recv(20_000)

    taker = threading.Thread(target=take)
    taker.start()
    with pytest.raises(ConnectionResetError, match="too slowly"):
        server.sendall(MUCH)
    over.set()
    taker.join(30)


def test_a_client_that_is_silent_in_the_middle_is_hung_up_on_over_tls_too(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    server, client = over_tls(patient(ours, 1), theirs, tmp_path)
    client.sendall(b"half")
    assert server.recv(100) == b"half"
    with pytest.raises(ConnectionResetError):
        server.recv(100)
    server.close()
    client.close()
