import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host import neighbours as module
from wakeful_agent.host.errors import Absent, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.neighbours import Neighbour, neighbours, parse_gateways, parse_neighbour

HEAD = struct.Struct("=BxxxiHBB")
MAC = bytes.fromhex("020000000001")
STALE, FAILED, INCOMPLETE, NOARP = 0x04, 0x20, 0x01, 0x40


def attribute(kind, content):
    return struct.pack("=HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)


def body(state=STALE, address="192.168.1.9", mac=MAC, index=1, centiseconds=None):
    raw = socket.inet_aton(address) if "." in address else socket.inet_pton(socket.AF_INET6, address)
    cached = b"" if centiseconds is None else attribute(3, struct.pack("=IIII", centiseconds, 1, 2, 3))
    return HEAD.pack(2, index, state, 0, 1) + attribute(1, raw) + attribute(2, mac) + cached


def test_a_machine_that_was_heard():
    found = Neighbour("", "192.168.1.9", "02:00:00:00:00:01", 0.0)
    assert parse_neighbour(body()) == (1, found)
    assert parse_neighbour(body(centiseconds=12_345)) == (1, found._replace(age_seconds=123.45))


@pytest.mark.parametrize(
    "content",
    [
        body(FAILED),
        body(INCOMPLETE),
        body(NOARP),
        body(address="fe80::1"),
        body(mac=b"\xff" * 6),
        body(mac=bytes(6)),
        body(mac=b""),
        HEAD.pack(2, 1, STALE, 0, 1),
    ],
)
def test_what_is_no_machine_that_could_be_woken(content):
    assert parse_neighbour(content) == (1, None)


@given(st.binary(max_size=60))
def test_garbage_raises_nothing_but_our_own(content):
    try:
        parse_neighbour(content)
    except HostError:
        return


def test_what_is_cut_short():
    with pytest.raises(Malformed):
        parse_neighbour(b"\2")
    with pytest.raises(Malformed):
        parse_neighbour(HEAD.pack(2, 1, STALE, 0, 1) + attribute(3, b"\1\2"))


def test_the_gateways():
    text = (
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t{}\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
        "eth0\t00000000\t{}\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
        "eth1\t00000000\t{}\t0003\t0\t0\t200\t00000000\t0\t0\t0\n"
        "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t00000000\t{}\t0003\t0\t0\t0\t00000080\t0\t0\t0\n"
        "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )

    def kernels(address):
        return f"{struct.unpack('=I', socket.inet_aton(address))[0]:08X}"

    filled = text.format(*map(kernels, ("192.168.1.1", "192.168.1.2", "10.0.0.1", "192.168.1.3")))
    assert parse_gateways(filled) == {"eth0": "192.168.1.1", "eth1": "10.0.0.1"}
    assert parse_gateways("Iface\n") == {}
    with pytest.raises(Malformed):
        parse_gateways("Iface\neth0 xx\n")


def test_what_the_kernel_tells(monkeypatch):
    gone = body(index=2_000_000_000)
    monkeypatch.setattr(module, "dump", lambda *_: [body(), body(FAILED), gone])
    assert neighbours(Host()) == [Neighbour("lo", "192.168.1.9", "02:00:00:00:00:01", 0.0)]


def test_this_machine():
    assert all(len(one.mac) == 17 and one.age_seconds >= 0 for one in neighbours(Host()))


def test_another_machine_cannot_be_asked(made):
    with pytest.raises(Absent):
        neighbours(made({}))
