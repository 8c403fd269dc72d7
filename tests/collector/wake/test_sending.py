from __future__ import annotations

import socket
from ipaddress import IPv4Interface
from types import SimpleNamespace
from typing import TYPE_CHECKING

import psutil
import pytest

from wakeful_collector.wake.sending import EVERYBODY, Own, WakeError, own, send

if TYPE_CHECKING:
    from collections.abc import Iterator

MAC = "02:0a:bc:00:ff:10"
MAGIC = b"\xff" * 6 + bytes.fromhex("020abc00ff10") * 16
LOOP = Own("lo", IPv4Interface("127.0.0.1/8"), "127.255.255.255")


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.255.255.255", 0))
        ear.settimeout(5)
        yield ear


def test_the_packet_goes_out_as_it_should(ear: socket.socket) -> None:
    port = ear.getsockname()[1]
    sent = send({"mac": "02-0A-BC-00-FF-10", "address": "127.0.0.9/8", "port": port}, [LOOP])
    assert [ear.recv(2048) for _ in range(3)] == [MAGIC] * 3
    assert sent.data == {"mac": MAC, "ways": [f"broadcast to 127.255.255.255 port {port} over lo"], "packets": 3}
    assert "never acknowledged" in sent.summary
    send({"mac": MAC, "port": port}, [LOOP])
    assert ear.recv(2048) == MAGIC, "without an address: over every interface"


def test_one_interface_of_two_is_enough(ear: socket.socket) -> None:
    gone = Own("gone0", IPv4Interface("192.0.2.1/24"), "192.0.2.255")
    assert len(send({"mac": MAC, "port": ear.getsockname()[1]}, [gone, LOOP]).data["ways"]) == 1
    with pytest.raises(WakeError, match="over gone0: "):
        send({"mac": MAC}, [gone])


def test_a_password_stands_behind_the_packet(ear: socket.socket) -> None:
    send({"mac": MAC, "port": ear.getsockname()[1]}, [LOOP], b"\x01\x02\x03\x04\x05\x06")
    assert ear.recv(2048) == MAGIC + b"\x01\x02\x03\x04\x05\x06"


def test_a_broadcast_address_decides_where_it_goes(ear: socket.socket) -> None:
    port = ear.getsockname()[1]
    for target in ("127.255.255.255", EVERYBODY):
        sent = send({"mac": MAC, "port": port, "address": "10.9.9.9"}, [LOOP], broadcast=target)
        assert sent.data["ways"] == [f"broadcast to 127.255.255.255 port {port} over lo"]
        assert ear.recv(2048) == MAGIC
    sent = send({"mac": MAC, "port": port}, [], broadcast="127.255.255.255")
    assert ear.recv(2048) == MAGIC
    assert "by the route (most routers drop what is for a whole network)" in sent.data["ways"][0]
    with pytest.raises(WakeError, match="'255' is no IPv4 address"):
        send({"mac": MAC}, [LOOP], broadcast="255")


@pytest.mark.parametrize(
    ("arguments", "over", "problem"),
    [
        ({}, [LOOP], "hardware address is not like"),
        ({"mac": "ff:ff:ff:ff:ff:ff"}, [LOOP], "group"),
        ({"mac": MAC, "address": "nas"}, [LOOP], "'nas' is no IPv4 address"),
        ({"mac": MAC, "address": "10.0.0.1/24"}, [LOOP], "in no network with 10.0.0.1"),
        ({"mac": MAC}, [], "--network=host"),
    ],
)
def test_what_goes_nowhere(arguments: dict[str, str], over: list[Own], problem: str) -> None:
    with pytest.raises(WakeError, match=problem):
        send(arguments, over)


def test_the_collectors_own_networks() -> None:
    found = own()
    names = psutil.net_if_addrs()
    assert all(one.interface in names and not one.address.is_loopback and one.broadcast for one in found)


def test_only_what_is_up_and_can_be_heard_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def address(text: str, netmask: str | None, broadcast: str | None, family: int = socket.AF_INET) -> object:
        return SimpleNamespace(family=family, address=text, netmask=netmask, broadcast=broadcast)

    def state(isup: bool) -> object:
        return SimpleNamespace(isup=isup)

    told = {
        "lo": [address("127.0.0.1", "255.0.0.0", None)],
        "eth0": [
            address("192.168.1.5", "255.255.255.0", "192.168.1.255"),
            address("10.1.2.3", "255.255.0.0", None),
            address("10.9.0.1", "255.255.255.255", None),
            address("fe80::1", None, None, socket.AF_INET6),
        ],
        "eth1": [address("192.168.2.5", "255.255.255.0", "192.168.2.255")],
    }
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: told)
    monkeypatch.setattr(psutil, "net_if_stats", lambda: {"lo": state(True), "eth0": state(True), "eth1": state(False)})
    assert own() == [
        Own("eth0", IPv4Interface("192.168.1.5/24"), "192.168.1.255"),
        Own("eth0", IPv4Interface("10.1.2.3/16"), "10.1.255.255"),
    ]
