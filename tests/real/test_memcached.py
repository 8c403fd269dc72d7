"""The real memcached: over TCP and its socket, with a login, and gone."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.memcached import MemcachedMeter

from .conftest import await_true, free_port, program
from .ground import ground, hand_over, lowered, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real


@pytest.fixture
def folder() -> Iterator[Path]:
    with ground() as made:
        yield made


def set_up(**options: Any) -> MemcachedMeter:
    meter = MemcachedMeter()
    meter.configure(options)
    return meter


def test_a_real_server_counts_and_is_gone(folder: Path) -> None:
    port = free_port()
    meter = set_up(targets=[f"a=127.0.0.1:{port}"])
    with lowered([program("memcached"), "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-m", "8"], folder):
        await_true(lambda: values(meter.read(Host(), 0))["memcached.up", "a"], "an answer")
        with socket.create_connection(("127.0.0.1", port), 10) as channel:
            channel.sendall(b"set a 0 0 1\r\nx\r\nget a\r\nget b\r\nquit\r\n")
            assert channel.makefile("rb").read().endswith(b"x\r\nEND\r\nEND\r\n")
        found = values(meter.read(Host(), 1))
        assert found["memcached.current_items", "a"] == 1
        assert found["memcached.operations", "get", "a", "hit"] == 1
        assert found["memcached.operations", "get", "a", "miss"] == 1
        assert found["memcached.limit", "a"] == 8 * 1024 * 1024
        assert None not in found.values()
    assert values(meter.read(Host(), 2))["memcached.up", "a"] == 0


def test_a_login_is_taken_or_refused_over_its_socket(folder: Path) -> None:
    (folder / "logins").write_text("wakeful:the-word\n")
    (folder / "word").write_text("the-word\n")
    (folder / "word").chmod(0o600)
    hand_over(folder / "logins")
    address = f"unix:{folder}/s"
    meter = set_up(targets=[f"in={address} user=wakeful password_file={folder}/word", f"out={address}"])
    command = [program("memcached"), "-s", str(folder / "s"), "-a", "777", "-Y", str(folder / "logins")]
    with lowered(command, folder):
        await_true(lambda: values(meter.read(Host(), 0)).get(("memcached.up", "in")), "an answer")
        reading = meter.read(Host(), 1)
        assert [row["state"] for row in reading.inventories["memcached"]] == ["up", "refused"]
        assert "unauthenticated" in reading.inventories["memcached"][1]["error"]
