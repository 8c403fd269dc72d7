import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host import links as module
from wakeful_agent.host.errors import Absent, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.links import Link, Network, as_number, broadcast_of, is_machines6, links, parse_network

HEAD = struct.Struct("=BBBBi")
PHYSICAL = {"device/vendor": "0x8086\n", "device/power/wakeup": "enabled\n"}


def attribute(kind, content):
    return struct.pack("=HH", 4 + len(content), kind) + content


def body(address, prefix, index, broadcast=None):
    told = attribute(4, socket.inet_aton(broadcast)) if broadcast else b""
    return HEAD.pack(2, prefix, 0, 0, index) + attribute(2, socket.inet_aton(address)) + told


def device(name, mac, flags="0x1003", state="up", **more):
    files = {"address": mac, "flags": flags, "operstate": state, "type": "1", "mtu": "1500", "uevent": ""} | more
    return {f"sys/class/net/{name}/{path}": f"{content}\n" for path, content in files.items()}


@pytest.fixture
def kernel(made, monkeypatch):
    """Return a function that gives a host with these files, whose kernel answers with these addresses."""

    def answer(files, names, bodies):
        host = made(files)
        host.real = True
        monkeypatch.setattr(module, "dump", lambda *_: bodies)
        monkeypatch.setattr(module, "_name", lambda index: names.get(index, ""))
        return host

    return answer


def test_an_address_of_the_kernel():
    assert parse_network(body("192.168.1.5", 24, 3, "192.168.1.255")) == (
        3,
        Network("192.168.1.5", 24, "192.168.1.255"),
    )
    assert parse_network(body("192.168.1.5", 24, 3)) == (3, Network("192.168.1.5", 24, "192.168.1.255")), "computed"
    assert parse_network(body("192.168.1.5", 24, 3, "0.0.0.0")) == (3, Network("192.168.1.5", 24, "192.168.1.255"))
    for prefix in (31, 32):
        assert parse_network(body("10.0.0.1", prefix, 3, "10.0.0.1")) == (3, Network("10.0.0.1", prefix, ""))
    assert parse_network(HEAD.pack(10, 64, 0, 0, 4) + attribute(1, bytes(16))) == (4, None)
    assert parse_network(HEAD.pack(2, 24, 0, 0, 4)) == (4, None)
    with pytest.raises(Malformed):
        parse_network(b"\2")


@given(st.binary(max_size=60))
def test_garbage_raises_nothing_but_our_own(content):
    try:
        parse_network(content)
    except HostError:
        return


def test_numbers_and_broadcasts():
    assert as_number("10.0.0.1") == 0x0A000001
    for wrong in ("10.0.0", "::1", "nas", "10.0.0.256", "\ud800", "1\0"):
        with pytest.raises(Malformed, match="is not an IPv4 address"):
            as_number(wrong)
    assert broadcast_of(as_number("10.91.2.7"), 22) == "10.91.3.255"
    assert broadcast_of(as_number("10.91.2.7"), 31) == ""


def test_machines_by_ipv6():
    assert is_machines6("2001:db8::1")
    assert is_machines6("fd00::1")
    for other in ("::1", "::", "fe80::1", "ff02::1", "::ffff:127.0.0.1", "a:b", "\ud800:", "1\0:"):
        assert not is_machines6(other)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(1, 32))
def test_a_network_holds_what_shares_its_first_bits(one, other, prefix):
    address = socket.inet_ntoa(one.to_bytes(4, "big"))
    same = f"{one:032b}"[:prefix] == f"{other:032b}"[:prefix]
    assert Network(address, prefix, "").holds(other) is same


def test_the_links_that_lead_somewhere_come_first(kernel):
    files = {
        **{f"sys/class/net/eth0/{path}": text for path, text in PHYSICAL.items()},
        **device("eth0", "02:00:00:00:00:01"),
        **device("docker0", "02:00:00:00:00:02", **{"bridge/stp_state": "0", "brif/veth1/x": "1"}),
        **device("vmbr0", "02:00:00:00:00:03", **{"bridge/stp_state": "0", "brif/eno1/x": "1"}),
        **device("virbr0", "02:00:00:00:00:04", **{"bridge/stp_state": "0"}),
        **device("veth1", "02:00:00:00:00:05"),
        **{f"sys/class/net/eno1/{path}": text for path, text in PHYSICAL.items()},
        **device("wlan0", "02:00:00:00:00:06", state="down"),
        **device("tun0", "", flags="0x1091", state="unknown"),
        **device("odd0", "02:00:00:00:00:07", flags="none"),
        **device("lo", "00:00:00:00:00:00", flags="0x9", state="unknown", type="772"),
    }
    names = {1: "lo", 2: "eth0", 3: "docker0", 4: "vmbr0", 5: "virbr0", 6: "wlan0", 7: "tun0", 8: "odd0"}
    bodies = [body(f"10.0.{index}.1", 24, index) for index in names]
    bodies += [body("10.1.2.1", 16, 2), HEAD.pack(10, 64, 0, 0, 2), body("10.0.9.1", 24, 9)]
    assert links(kernel(files, names, bodies)) == [
        Link(
            "eth0",
            "physical",
            "02:00:00:00:00:01",
            (Network("10.0.2.1", 24, "10.0.2.255"), Network("10.1.2.1", 16, "10.1.255.255")),
            False,
            True,
        ),
        Link("vmbr0", "bridge", "02:00:00:00:00:03", (Network("10.0.4.1", 24, "10.0.4.255"),)),
        Link("docker0", "bridge", "02:00:00:00:00:02", (Network("10.0.3.1", 24, "10.0.3.255"),), True),
        Link("virbr0", "bridge", "02:00:00:00:00:04", (Network("10.0.5.1", 24, "10.0.5.255"),), True),
    ]


def test_a_card_that_may_not_wake_its_machine(kernel):
    files = {**device("eth0", "02:00:00:00:00:01"), "sys/class/net/eth0/device/power/wakeup": "disabled\n"}
    (link,) = links(kernel(files, {2: "eth0"}, [body("10.0.2.1", 24, 2)]))
    assert link.armed is False


def test_another_machine_cannot_be_asked(made):
    with pytest.raises(Absent):
        links(made({}))


def test_this_machine_tells_no_loopback():
    assert all(link.mac and link.name != "lo" and link.networks for link in links(Host()))


def test_an_interface_that_vanished_between_two_questions(made, monkeypatch):
    monkeypatch.setattr(module, "dump", lambda *_: [body("10.0.2.1", 24, 2_000_000_000)])
    assert links(Host()) == []
