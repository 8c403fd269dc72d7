from __future__ import annotations

import socket
import time

import pytest

from wakeful_collector.web.patient_sockets import be_probed, patient, set_patience


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
