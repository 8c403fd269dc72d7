import socket

import pytest

from wakeful_agent.config.waking import parse_wake
from wakeful_agent.host.errors import Absent, Denied, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.links import Link, Network
from wakeful_agent.host.wake import UNICAST, Way
from wakeful_agent.network import icmp, waking
from wakeful_agent.network.waking import Check, Wish, look, look_where, parse_check, wake

MAC = "02:0a:bc:00:ff:10"


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("tcp:192.0.2.1:22", Check("tcp", "192.0.2.1", 22)),
        ("tcp:[fe80::1]:22", Check("tcp", "fe80::1", 22)),
        ("ping:nas.lan", Check("ping", "nas.lan")),
        ("ping:192.0.2.1", Check("ping", "192.0.2.1")),
        ("ping:[::1]", Check("ping", "::1")),
    ],
)
def test_checks(text, check):
    assert parse_check(text) == check
    assert parse_check(check.text) == check


@pytest.mark.parametrize("text", ["", "nas", "tcp:nas", "tcp:nas:0", "udp:nas:1", "ping:", "ping:nas:22", "ping:a b"])
def test_what_is_no_check(text):
    with pytest.raises(Malformed):
        parse_check(text)


def test_a_port_that_takes_connections_is_up():
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        assert look(Check("tcp", "127.0.0.1", port), 2.0) == ""
    assert look(Check("tcp", "127.0.0.1", port), 2.0) == f"nothing listens at 127.0.0.1:{port}"
    assert "nas.invalid" in look(Check("tcp", "nas.invalid", port), 2.0)


def test_pings(monkeypatch):
    asked = []

    def answers(family, end, count, timeout_seconds):
        asked.append((family, end[0], count, timeout_seconds))
        return [0.001 if end[0] == "127.0.0.1" else None]

    monkeypatch.setattr(waking, "echo", answers)
    assert look(Check("ping", "127.0.0.1"), 2.0) == ""
    assert look(Check("ping", "192.0.2.1"), 0.1) == "192.0.2.1 does not answer pings"
    assert asked == [(socket.AF_INET, "127.0.0.1", 1, 2.0), (socket.AF_INET, "192.0.2.1", 1, 0.1)]
    assert "the name nas.invalid cannot be looked up" in look(Check("ping", "nas.invalid"), 0.1)
    assert "cannot be looked up" in look(Check("ping", "n\u00e4s"), 0.1)


def test_who_may_not_ping_is_told_so(monkeypatch):
    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(icmp.socket, "socket", refused)
    with pytest.raises(Denied, match="ping_group_range"):
        look(Check("ping", "127.0.0.1"), 1.0)


@pytest.fixture
def made(tmp_path):
    """Return a function that gives a machine with these empty files."""

    def make(*names):
        for name in names:
            (tmp_path / name).touch()
        return Host(str(tmp_path))

    return make


@pytest.fixture
def lane(monkeypatch):
    """Give a machine with one link, which is the loopback, and an ear in it."""
    link = Link("lo", "virtual", "02:00:00:00:00:01", (Network("127.0.0.1", 8, "127.255.255.255"),))
    monkeypatch.setattr(waking, "links", lambda _host: [link])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.255.255.255", 0))
        ear.settimeout(5)
        yield ear


def test_one_packet_on_each_way(lane, made):
    port = lane.getsockname()[1]
    told = wake(made(), Wish(MAC, port=port, password=b"\1\2\3\4"))
    assert told == [f"broadcast to 127.255.255.255 port {port} over lo"]
    assert lane.recv(2048) == b"\xff" * 6 + bytes.fromhex("020abc00ff10") * 16 + b"\1\2\3\4"


def test_what_is_not_permitted_is_not_sent(lane):
    lane.settimeout(0.1)
    with pytest.raises(Denied, match=r"own file does not permit waking 02:0a:bc:00:ff:10 over 127\.255\.255\.255"):
        wake(Host(), Wish(MAC, port=lane.getsockname()[1]), lambda _ways: [])
    with pytest.raises(OSError, match="timed out"):
        lane.recv(2048)


def test_nothing_went_out(lane, made):
    gone = Way(UNICAST, "127.0.0.1", 9, "gone0", "127.0.0.1")
    with pytest.raises(HostError, match="over gone0") as caught:
        wake(made(".dockerenv"), Wish(MAC), lambda _ways: [gone, gone])
    assert str(caught.value).count("gone0") == 2
    assert "--network=host" in str(caught.value), "the usual reason is said with it"
    with pytest.raises(Absent):
        wake(Host(), Wish(MAC, interface="eth7"))


def test_what_went_out_in_a_container_is_said_with_caution(lane, made):
    told = wake(made(".dockerenv"), Wish(MAC, port=lane.getsockname()[1]))
    assert len(told) == 2
    assert "--network=host" in told[1]


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0", "127.0.0.1", "localhost"])
def test_what_a_name_leads_to_is_judged_and_not_the_name(host):
    targets = parse_wake(["*"])[0]
    with socket.create_server(("127.0.0.1", 0)) as server:
        check = Check("tcp", host, server.getsockname()[1])
        assert look_where(check, 2.0, targets.may_ask) == f"{host} is at no address that may be asked"
        assert look_where(check, 2.0, lambda _: True) == ""
    assert "nothing listens" in look_where(check, 2.0, lambda address: ":" not in address)


def test_a_name_that_leads_nowhere_is_not_up():
    for name in ("nas.invalid", "n\u00e4s"):
        assert "cannot be looked up" in look_where(Check("tcp", name, 22), 1.0, lambda _: True)
