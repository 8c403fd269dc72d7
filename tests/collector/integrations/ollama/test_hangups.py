"""Clients that hang up are noticed while nobody reads from them."""

from __future__ import annotations

import os
import socket
import threading
import time

from wakeful_collector.integrations.ollama.hangups import Hangups

from .front_door import wired


def test_whoever_hangs_up_is_told_of_once() -> None:
    hangups, gone = Hangups(), threading.Event()
    server, client = wired()
    with hangups.watched(server, gone.set):
        client.sendall(b"the next request, early")
        assert not gone.wait(0.1)
        client.close()
        assert gone.wait(30)
    server.close()


def test_a_reset_is_a_hang_up_and_a_half_closed_client_too() -> None:
    for leave in (lambda client: client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"), None):
        hangups, gone = Hangups(), threading.Event()
        server, client = wired()
        with hangups.watched(server, gone.set):
            if leave is None:
                client.shutdown(socket.SHUT_WR)
            else:
                leave(client)
                client.close()
            assert gone.wait(30)
        client.close()
        server.close()


def test_after_the_block_nobody_is_called() -> None:
    hangups, calls = Hangups(), []
    for _ in range(200):
        server, client = wired()
        with hangups.watched(server, lambda: calls.append(1)):
            pass
        client.close()
        server.close()
    time.sleep(0.1)
    assert calls == []


def test_many_at_once_are_each_told_apart() -> None:
    hangups = Hangups()
    pairs = [(*wired(), threading.Event(), threading.Event()) for _ in range(40)]

    def serve(server: socket.socket, gone: threading.Event, over: threading.Event) -> None:
        with hangups.watched(server, gone.set):
            over.wait(10)

    threads = [threading.Thread(target=serve, args=(server, gone, over)) for server, _, gone, over in pairs]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    for number, (_, client, _, _) in enumerate(pairs):
        if number % 2:
            client.close()
    for number, (_, _, gone, over) in enumerate(pairs):
        assert gone.wait(5 if number % 2 else 0) is bool(number % 2)
        over.set()
    for thread in threads:
        thread.join()
    for server, client, _, _ in pairs:
        server.close()
        client.close()


def test_what_cannot_be_watched_is_not() -> None:
    hangups = Hangups()
    closed = socket.socket()
    closed.close()
    with hangups.watched(None, lambda: None), hangups.watched(closed, lambda: None):
        assert not hangups._calls


def test_a_client_whose_socket_is_closed_inside_the_block_is_forgotten() -> None:
    hangups = Hangups()
    server, client = wired()
    with hangups.watched(server, lambda: None):
        server.close()
    assert not hangups._calls
    client.close()


def test_a_child_of_a_fork_looks_for_itself() -> None:
    hangups = Hangups()
    server, client = wired()
    with hangups.watched(server, lambda: None):
        pass
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        gone = threading.Event()
        with hangups.watched(server, gone.set):
            client.shutdown(socket.SHUT_RDWR)
            os.write(writing, b"1" if gone.wait(30) else b"0")
        os._exit(0)
    assert os.read(reading, 1) == b"1"
    os.waitpid(child, 0)
    for descriptor in (reading, writing):
        os.close(descriptor)
    server.close()
    client.close()
