import errno
import os
import socket

import pytest
import wakeonlan
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Absent, Denied, HostError, Malformed
from wakeful_agent.host.links import Link, Network
from wakeful_agent.host.wake import (
    BROADCAST,
    DIRECTED,
    RAW,
    UNICAST,
    Way,
    explained,
    hint,
    packet,
    parse_mac,
    parse_password,
    read_password,
    send,
    ways,
)

MAC = "02:0a:bc:00:ff:10"
LAN = Link("eth0", "physical", "02:00:00:00:00:01", (Network("192.168.1.5", 24, "192.168.1.255"),))
TWO = Link(
    "eth1",
    "physical",
    "02:00:00:00:00:02",
    (Network("10.0.0.1", 31, ""), Network("10.1.0.5", 16, "10.1.255.255"), Network("10.2.0.5", 24, "10.2.0.255")),
)
POINT = Link("ppp0", "virtual", "", (Network("10.0.0.1", 32, ""),))


def test_the_packet_byte_by_byte():
    raw = bytes.fromhex("020abc00ff10")
    assert packet(MAC) == b"\xff\xff\xff\xff\xff\xff" + raw * 16
    assert len(packet(MAC)) == 102
    assert packet(MAC, b"\1\2\3\4") == packet(MAC) + b"\1\2\3\4"
    assert len(packet(MAC, bytes(6))) == 108
    assert packet(MAC) == wakeonlan.create_magic_packet("02-0A-BC-00-FF-10")


@given(st.binary(min_size=6, max_size=6).filter(lambda raw: any(raw) and not raw[0] & 1), st.binary(max_size=6))
def test_any_machines_packet(raw, password):
    mac = parse_mac(raw.hex())
    assert packet(mac, password) == b"\xff" * 6 + raw * 16 + password


def test_a_hardware_address_that_is_none():
    with pytest.raises(Malformed, match="hardware address is not like"):
        parse_mac("nas")
    with pytest.raises(Malformed, match="group"):
        parse_mac("ff-ff-ff-ff-ff-ff")


def test_passwords():
    for text in ("01:23:45:67:89:ab", "01-23-45-67-89-AB\n", "0123.4567.89ab", "0123456789AB"):
        assert parse_password(text) == b"\x01\x23\x45\x67\x89\xab"
    assert parse_password("192.0.2.1") == b"\xc0\0\2\1"
    assert parse_password("ff:ff:ff:ff:ff:ff") == b"\xff" * 6
    for text in ("", "hunter2hunter2", "1.2.3.4.5", "1.2.3.300", "09:23:45:67"):
        with pytest.raises(Malformed, match="six bytes like") as caught:
            parse_password(text)
        assert not text or text not in str(caught.value)


def test_a_password_comes_from_a_closed_file_alone(made, tmp_path):
    host = made({"etc/nas.secureon": "01:23:45:67:89:ab\n", "etc/wrong": "hunter2\n"})
    for name in ("etc/nas.secureon", "etc/wrong"):
        (tmp_path / name).chmod(0o600)
    assert read_password(host, "/etc/nas.secureon") == bytes.fromhex("0123456789ab")
    with pytest.raises(Malformed, match="/etc/wrong: the SecureOn password must be") as caught:
        read_password(host, "/etc/wrong")
    assert "hunter2" not in str(caught.value)
    (tmp_path / "etc/nas.secureon").chmod(0o644)
    with pytest.raises(Denied, match="open to others"):
        read_password(host, "/etc/nas.secureon")
    with pytest.raises(Absent):
        read_password(host, "/etc/none")


@pytest.mark.parametrize("address", ["", "255.255.255.255"])
def test_everywhere_is_each_links_own_broadcast(address):
    assert ways([LAN, TWO, POINT], address) == [
        Way(BROADCAST, "192.168.1.255", 9, "eth0", "192.168.1.5"),
        Way(BROADCAST, "10.1.255.255", 9, "eth1", "10.1.0.5"),
    ]
    assert ways([LAN, TWO], address, "eth1", 7) == [Way(BROADCAST, "10.1.255.255", 7, "eth1", "10.1.0.5")]
    assert ways([LAN, TWO], address, "192.168.1.5") == [Way(BROADCAST, "192.168.1.255", 9, "eth0", "192.168.1.5")]


def test_an_address_nearby_is_its_networks_broadcast():
    for address in ("192.168.1.77", "192.168.1.255", "192.168.1.77/24", "192.168.1.77/32"):
        assert ways([LAN, TWO], address) == [Way(BROADCAST, "192.168.1.255", 9, "eth0", "192.168.1.5")]
    assert ways([LAN, TWO], "10.2.0.9") == [Way(BROADCAST, "10.2.0.255", 9, "eth1", "10.2.0.5")]


def test_an_address_far_away():
    (directed,) = ways([LAN], "10.91.2.20/24")
    assert directed == Way(DIRECTED, "10.91.2.255")
    assert "bc_forwarding" in directed.text, "whoever reads what was sent learns that routers drop it"
    (single,) = ways([LAN], "10.91.2.20")
    assert single == Way(UNICAST, "10.91.2.20")
    assert "give the prefix too" in single.text
    assert ways([LAN], "10.91.2.20/31") == [Way(UNICAST, "10.91.2.20")]
    assert ways([LAN, TWO], "10.91.2.20/24", "eth0") == [Way(DIRECTED, "10.91.2.255", 9, "eth0", "192.168.1.5")]
    assert ways([], "10.91.2.20/24") == [Way(DIRECTED, "10.91.2.255")], "routed, whatever the links are"


def test_raw_frames_go_over_links_with_a_hardware_address():
    assert ways([LAN, POINT], raw=True) == [Way(RAW, "", 0, "eth0", "192.168.1.5")]
    assert ways([LAN], raw=True)[0].text == "raw frame over eth0"
    assert ways([LAN])[0].text == "broadcast to 192.168.1.255 port 9 over eth0"


@pytest.mark.parametrize(
    ("links", "words", "problem"),
    [
        ([], {}, "no interface is up here"),
        ([POINT], {}, "ppp0: no network there has a broadcast address"),
        ([POINT], {"raw": True}, "ppp0: no network"),
        ([LAN], {"interface": "eth7"}, "no interface 'eth7' is up here with a broadcast address; there are: eth0"),
        ([], {"interface": "eth7"}, "there are: none"),
    ],
)
def test_no_way_at_all(links, words, problem):
    with pytest.raises(Absent, match=problem):
        ways(links, **words)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("nas", "is not an IPv4 address"),
        ("fe80::1", "is not an IPv4 address"),
        ("0.0.0.9", "no machine's address"),
        ("127.0.0.1", "no machine's address"),
        ("224.0.0.1", "no machine's address"),
        ("255.255.255.254", "no machine's address"),
        ("10.0.0.1/x", "prefix"),
        ("10.0.0.1/", "prefix"),
        ("10.0.0.1/7", "prefix"),
        ("10.0.0.1/33", "prefix"),
        ("10.0.0.1/0244", "prefix"),
    ],
)
def test_no_address(address, problem):
    with pytest.raises(Malformed, match=problem):
        ways([LAN], address)


def test_a_datagram_arrives_as_it_was_made():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5)
        port = ear.getsockname()[1]
        for way in (Way(UNICAST, "127.0.0.1", port), Way(UNICAST, "127.0.0.1", port, "lo", "127.0.0.1")):
            send(way, packet(MAC, b"\1\2\3\4\5\6"))
            assert ear.recv(2048) == b"\xff" * 6 + bytes.fromhex("020abc00ff10") * 16 + b"\1\2\3\4\5\6"


def test_an_interface_that_is_not_there():
    with pytest.raises((Absent, Denied), match="over gone0"):
        send(Way(BROADCAST, "192.0.2.255", 9, "gone0", "192.0.2.1"), b"")


@pytest.mark.skipif(os.geteuid() != 0, reason="raw frames are root's")
def test_a_raw_frame_arrives_as_it_was_made():
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0842)) as ear:
        ear.bind(("lo", 0x0842))
        ear.settimeout(5)
        send(Way(RAW, "", 0, "lo"), packet(MAC))
        assert ear.recv(2048) == b"\xff" * 6 + bytes(6) + b"\x08\x42" + packet(MAC)


@pytest.mark.parametrize(
    ("way", "number", "kind", "words"),
    [
        (Way(DIRECTED, "10.2.0.255"), errno.ENETUNREACH, HostError, "no route leads there"),
        (Way(UNICAST, "10.2.0.9"), errno.EHOSTUNREACH, HostError, "name the interface"),
        (Way(BROADCAST, "10.2.0.255", 9, "eth0"), errno.EACCES, Denied, "firewall, or the sandbox"),
        (Way(BROADCAST, "10.2.0.255", 9, "eth0"), errno.EPERM, Denied, "broadcast to 10.2.0.255 over eth0"),
        (Way(BROADCAST, "10.2.0.255", 9, "eth0"), errno.ENETDOWN, Absent, "gone or down"),
        (Way(RAW, "", 0, "eth0"), errno.EPERM, Denied, "raw frame over eth0: raw frames need the right CAP_NET_RAW"),
        (Way(RAW, "", 0, "eth0"), errno.EAFNOSUPPORT, Denied, "raw-frames.conf"),
        (Way(UNICAST, "10.2.0.9"), errno.ENOBUFS, HostError, os.strerror(errno.ENOBUFS)),
    ],
)
def test_what_the_system_says_becomes_what_to_do(way, number, kind, words):
    found = explained(OSError(number, os.strerror(number)), way)
    assert type(found) is kind
    assert words in str(found)
    assert "timed out" in str(explained(OSError("timed out"), way))


def test_a_container_with_a_network_of_its_own_is_told_so(made):
    inside = Link("eth0", "virtual", "02:42:ac:11:00:02", (Network("172.17.0.2", 16, "172.17.255.255"),))
    assert hint(made({}), [inside]) == "", "a virtual machine, or LXC on a bridge of the LAN"
    container = made({".dockerenv": ""})
    assert "--network=host" in hint(container, [inside])
    assert hint(container, [inside, LAN]) == ""
    assert "--network=host" in hint(container, [])
