"""Real ports: one that takes connections, one that is closed, one that hangs."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.watch import DOWN, UNKNOWN, UP
from wakeful_agent.watches.tcp import TcpWatch

if TYPE_CHECKING:
    from pathlib import Path


def watch(address: str) -> TcpWatch:
    return TcpWatch("it", {"address": address, "timeout_seconds": 0.3})


def test_a_port_that_listens_is_up_and_one_that_does_not_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert watch(address).look(Host(), 0).state == UP
    sight = watch(address).look(Host(), 0)
    assert (sight.state, sight.detail) == (DOWN, f"nothing listens at {address}")


def test_a_port_that_hangs_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        waiting = []
        for _ in range(4):  # the queue is full: further connections wait for ever
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(server.getsockname())
            waiting.append(one)
        sight = watch(f"127.0.0.1:{server.getsockname()[1]}").look(Host(), 0)
        for one in waiting:
            one.close()
    assert sight.state == DOWN
    assert "does not answer within" in sight.detail


def test_a_socket_in_the_file_system(tmp_path: Path) -> None:
    one = watch(f"unix:{tmp_path}/it.sock")
    assert one.look(Host(), 0).state == DOWN
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{tmp_path}/it.sock")
        server.listen()
        assert one.look(Host(), 0).state == UP


def test_a_name_that_nobody_knows_says_nothing() -> None:
    assert watch("no-such-host.invalid:80").look(Host(), 0).state == UNKNOWN


@pytest.mark.parametrize("address", ["nonsense", "udp://127.0.0.1:5", "tcp://:5"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    assert TcpWatch.check({"address": address})[0].startswith("address ")


def test_two_ways_to_write_one_place_are_one() -> None:
    assert TcpWatch.subject({"address": "tcp://LOCALHOST:5"}) == TcpWatch.subject({"address": "localhost:5"})
