from __future__ import annotations

import socket
import time

import pytest

from wakeful_collector.web.patient_sockets import patient


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
