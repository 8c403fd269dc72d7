"""What is sent in two steps arrives in one, and a cork never keeps anything for good."""

from __future__ import annotations

import socket

from wakeful_collector.integrations.ollama.corking import cork

from .front_door import wired


def test_two_small_sends_arrive_together_once_the_cork_is_out() -> None:
    server, client = wired()
    client.settimeout(10)
    cork(server, True)
    server.sendall(b"head ")
    server.sendall(b"body")
    cork(server, False)
    assert client.recv(100) == b"head body"
    cork(server, True)
    server.sendall(b"nobody takes it out")
    assert client.recv(100) == b"nobody takes it out"
    client.close()
    server.close()


def test_what_has_no_cork_sends_as_ever() -> None:
    cork(None, True)
    ours, theirs = socket.socketpair()
    cork(ours, True)
    ours.sendall(b"x")
    assert theirs.recv(1) == b"x"
    ours.close()
    theirs.close()
    cork(ours, False)
