import pytest

from wakeful_agent.config.waking import Targets, parse_wake
from wakeful_agent.host.wake import BROADCAST, DIRECTED, RAW, UNICAST, Way

MAC, OTHER = "02:0a:bc:00:ff:10", "02:0a:bc:00:ff:11"
HOME = Way(BROADCAST, "192.168.1.255", 9, "eth0", "192.168.1.5")
WORK = Way(BROADCAST, "10.1.255.255", 9, "eth1", "10.1.0.5")
FRAME = Way(RAW, "", 0, "eth0", "192.168.1.5")
ROUTED = Way(DIRECTED, "10.91.2.255")
ABROAD = Way(UNICAST, "198.51.100.7", 53)
ALL = [HOME, WORK, FRAME, ROUTED, ABROAD]


def parsed(*entries):
    targets, problems = parse_wake(entries)
    assert not problems
    return targets


def test_nobody_unless_somebody_is_named():
    assert not parsed()
    assert parsed().permitted(MAC, ALL) == []
    assert not parsed().may_ask("192.168.1.20")


def test_a_machine_over_every_link_and_into_private_networks():
    targets = parsed("02-0A-BC-00-FF-10", "020abc00ff12 password_file=/etc/nas.secureon")
    assert targets
    assert targets.machines == {MAC: "", "02:0a:bc:00:ff:12": "/etc/nas.secureon"}
    assert targets.permitted(MAC, ALL) == [HOME, WORK, FRAME, ROUTED], "never into the Internet"
    assert targets.permitted(OTHER, ALL) == []
    for private in ("172.31.0.1", "192.168.200.1", "100.127.0.1"):
        assert targets.permitted(MAC, [Way(UNICAST, private)])
    for public in ("172.32.0.1", "192.169.0.1", "100.128.0.1", "11.0.0.1"):
        assert not targets.permitted(MAC, [Way(UNICAST, public)])
    assert targets.document() == {"anybody": False, "machines": [MAC, "02:0a:bc:00:ff:12"], "networks": []}
    assert not targets.may_ask("192.168.1.20"), "a machine's name permits packets, no questions"


def test_a_password_goes_nowhere_that_is_not_named():
    entry = f"{MAC} password_file=/etc/nas.secureon"
    for targets in (parsed(entry), parsed(entry, "*")):
        assert targets.permitted(MAC, ALL) == [HOME, WORK, FRAME], "whoever asks could be at the other end"
    assert parsed(entry, "10.91.0.0/16").permitted(MAC, ALL) == [HOME, WORK, FRAME, ROUTED]


def test_a_network_whoever_is_in_it():
    targets = parsed("192.168.1.0/24", "198.51.100.7")
    assert targets.permitted(MAC, ALL) == [HOME, FRAME, ABROAD]
    assert targets.permitted(OTHER, [WORK, ROUTED]) == []
    assert targets.document()["networks"] == ["192.168.1.0/24", "198.51.100.7/32"]
    assert targets.may_ask("192.168.1.20")
    for other in ("192.168.2.20", "198.51.100.8", "nas.lan", "::1", "192.168.1.0/24"):
        assert not targets.may_ask(other)


def test_a_part_of_a_network_is_not_the_network():
    assert parsed("192.168.1.0/25").permitted(MAC, [HOME]) == [], "the packet would be heard by the rest as well"


def test_everybody():
    targets = parsed("*")
    assert targets.permitted(MAC, ALL) == ALL
    assert targets.may_ask("nas.lan")
    assert targets.may_ask("2001:db8::1")
    assert targets.may_ask("fd00::1")
    for never in (
        "127.0.0.1",
        "0.0.0.0",
        "169.254.169.254",
        "::1",
        "0:0:0:0:0:0:0:1",
        "::ffff:127.0.0.1",
        "fe80::1",
        "a:b",
        "localhost",
    ):
        assert not targets.may_ask(never)
        assert not parsed("127.0.0.0/8", "169.254.0.0/16").may_ask(never)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("nas", "is not like"),
        ("ff:ff:ff:ff:ff:ff", "group"),
        ("192.168.1.5/24", "write its first address"),
        ("192.168.1.0/33", "from 1 to 32"),
        ("0.0.0.0/0", 'everybody is "*"'),
        ("192.168.1", "is not like"),
        ("192.168.1.300", "is not an IPv4 address"),
        ("fe80::/64", "is not like"),
        ("020abc00ff10 password=hunter2", "only password_file=/path"),
        ("020abc00ff10 password_file=nas.secureon", "a whole path"),
    ],
)
def test_what_is_wrong_is_said_with_its_entry(entry, problem):
    targets, problems = parse_wake(["020abc00ff12", entry])
    assert list(targets.machines) == ["02:0a:bc:00:ff:12"]
    assert len(problems) == 1
    assert problem in problems[0]
    assert entry[:20] in problems[0]


def test_there_is_an_end_to_it():
    targets, problems = parse_wake(f"0200.0000.{number:04x}" for number in range(1001))
    assert len(targets.machines) == 1000
    assert problems == ["more than 1000 entries"]
    assert Targets() == parse_wake([])[0]
