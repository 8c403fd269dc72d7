"""Connections that may serve once more, for a moment."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest
from urllib3.connection import HTTPConnection

from wakeful_collector.integrations.ollama import idle_connections
from wakeful_collector.integrations.ollama.idle_connections import IdleConnections

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "http://box:11434"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def opened(listener: socket.socket) -> tuple[HTTPConnection, socket.socket]:
    made = HTTPConnection("127.0.0.1", listener.getsockname()[1])
    made.connect()
    return made, listener.accept()[0]


def test_the_one_used_last_is_taken_first_and_only_for_its_own_service(listener: socket.socket) -> None:
    idle = IdleConnections()
    pairs = [opened(listener) for _ in range(2)]
    for connection, _ in pairs:
        idle.keep(URL, connection)
    assert idle.take("http://other:1") is None
    assert [idle.take(URL), idle.take(URL), idle.take(URL)] == [pairs[1][0], pairs[0][0], None]
    for connection, server in pairs:
        connection.close()
        server.close()


def test_what_is_old_or_was_closed_or_speaks_unasked_is_not_taken(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = IdleConnections()
    shut, server = opened(listener)
    server.close()
    idle.keep(URL, shut)
    talking, talker = opened(listener)
    talker.sendall(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    time.sleep(0.05)
    idle.keep(URL, talking)
    assert idle.take(URL) is None
    monkeypatch.setattr(idle_connections, "IDLE_SECONDS", 0.05)
    old, keeper = opened(listener)
    idle.keep(URL, old)
    time.sleep(0.1)
    assert idle.take(URL) is None
    assert all(connection.sock is None for connection in (shut, talking, old))
    talker.close()
    keeper.close()


def test_no_more_are_kept_than_are_worth_it(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_connections, "KEPT_MAX", 3)
    idle = IdleConnections()
    pairs = [opened(listener) for _ in range(5)]
    for connection, _ in pairs:
        idle.keep(URL, connection)
    assert len(idle) == 3
    assert [connection.sock is None for connection, _ in pairs] == [True, True, False, False, False]
    monkeypatch.setattr(idle_connections, "IDLE_SECONDS", 0.0)
    last, server = opened(listener)
    idle.keep("http://other:1", last)
    assert len(idle) == 1
    for connection, end in [*pairs, (last, server)]:
        connection.close()
        end.close()
