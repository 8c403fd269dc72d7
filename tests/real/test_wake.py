"""Machines are woken over real bridges and a real router: what their cards hear is compared byte by byte."""

from __future__ import annotations

import json
import socket
import struct
from typing import TYPE_CHECKING, Any

import pytest

from .networks import CARDS, Networks, networks

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.real, pytest.mark.root, pytest.mark.networks]

ACT = """
import json, os, sys, time
from wakeful_agent.action import check_arguments
from wakeful_agent.actions.wake import WakeAction
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
import wakeonlan
targets, arguments, uid = json.loads(sys.argv[1])
if uid:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
action = WakeAction({"targets": targets})
told = []
action.tell = lambda kind, subject, data: told.append([kind, subject, dict(data)])
checked, problems = check_arguments(action.parameters, arguments)
assert not problems and not action.lacks(), (problems, action.lacks())
try:
    outcome = action.run(Host(), checked, 0)
    ended = {"done": outcome.done, "summary": outcome.summary, "data": outcome.data}
except HostError as error:
    ended = {"error": type(error).__name__, "summary": str(error)}
print(json.dumps({**ended, "told": told}))
"""
NOBODY = 65534
MAC = CARDS["sleeper", "eth0"][1]
SECRET = "01:23:45:67:89:ab"


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Networks]:
    with networks(tmp_path_factory.mktemp("networks")) as made:
        yield made


def wake(land: Networks, targets: list[str], uid: int = 0, **arguments: Any) -> Any:
    """Let the agent wake a machine, as root or as somebody else, and return what came of it."""
    ended = land.python("agent", ACT, json.dumps([targets, {"repeat": 1, **arguments}, uid]))
    ways = ended.get("data", {}).get("ways", [])
    # Where the tests run in a container themselves, the agent cautions rightly.
    ways[:] = [way for way in ways if not way.startswith("this agent runs in a container")]
    return ended


def magic(machine: str, password: bytes = b"") -> bytes:
    return b"\xff" * 6 + bytes.fromhex(CARDS[machine, "eth0"][1].replace(":", "")) * 16 + password


def datagram(card: tuple[str, str], to: str, ttl: int, content: bytes, heard: bytes, source: str = "") -> bytes:
    """Return the frame that `card` should have sent to everybody; its free choices are those of the frame `heard`.

    Those are the IP identification, the source port, and the UDP checksum, which the kernel leaves to a card that is
    none here.
    """
    _, mac, address = CARDS[card]
    identification, source_port, udp_sum = heard[18:20], heard[34:36], heard[40:42]
    ethernet = b"\xff" * 6 + bytes.fromhex(mac.replace(":", "")) + b"\x08\x00"
    size = 28 + len(content)
    ends = socket.inet_aton(source or address) + socket.inet_aton(to)
    ip = struct.pack("!BBH2sHBB", 0x45, 0, size, identification, 0x4000, ttl, 17) + b"\0\0" + ends
    total = sum(word for (word,) in struct.iter_unpack("!H", ip))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    ip = ip[:10] + struct.pack("!H", ~total & 0xFFFF) + ip[12:]
    return ethernet + ip + source_port + struct.pack("!HH2s", 9, size - 20, udp_sum) + content


def test_a_machine_sleeps_hears_and_boots(land: Networks) -> None:
    with land.asleep("sleeper") as sleeper:
        ended = wake(land, [MAC, "10.91.1.0/24"], mac=MAC, address="10.91.1.20", check="tcp:10.91.1.20:22", name="nas")
    assert ended["done"], ended
    assert ended["summary"].startswith("nas is up, ")
    assert [kind for kind, _, _ in ended["told"]] == ["wake.sent", "wake.succeeded"]
    assert ended["data"]["ways"] == ["broadcast to 10.91.1.255 port 9 over eth0"]
    heard = sleeper.frames[0]
    assert heard == datagram(("agent", "eth0"), "10.91.1.255", 64, magic("sleeper"), heard)


def test_a_ping_sees_it_too(land: Networks) -> None:
    land.run("agent", "sh", "-c", 'echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range')
    ended = wake(land, ["10.91.1.0/24"], NOBODY, mac=MAC, check="ping:10.91.1.20", wait_seconds=20)
    assert ended["done"], ended


def test_without_an_address_every_network_hears_it(land: Networks) -> None:
    with land.asleep("sleeper") as sleeper, land.asleep("other") as other:
        both = wake(land, ["*"], mac=CARDS["other", "eth0"][1])
        wake(land, ["*"], mac=MAC)
    assert both["data"]["ways"] == [
        "broadcast to 10.91.1.255 port 9 over eth0",
        "broadcast to 10.91.3.255 port 9 over eth1",
    ]
    assert len(other.frames) == len(sleeper.frames) == 3
    for heard in other.frames:
        assert heard == datagram(("agent", "eth1"), "10.91.3.255", 64, magic("other"), heard)
    for heard in sleeper.frames:
        assert heard == datagram(("agent", "eth0"), "10.91.1.255", 64, magic("sleeper"), heard)


@pytest.mark.parametrize("interface", ["eth1", "10.91.3.2"])
def test_one_interface_alone(land: Networks, interface: str) -> None:
    with land.asleep("sleeper") as sleeper:
        ended = wake(land, [MAC], mac=MAC, interface=interface)
    assert ended["data"]["ways"] == ["broadcast to 10.91.3.255 port 9 over eth1"]
    assert sleeper.frames == [], "it went into the other network"


def test_whoever_is_not_root_sends_just_so(land: Networks) -> None:
    with land.asleep("sleeper") as sleeper:
        ended = wake(land, [MAC], NOBODY, mac=MAC)
        raw = wake(land, [MAC], NOBODY, mac=MAC, raw=True)
    assert ended["done"], ended
    assert len(sleeper.frames) == 3
    assert sleeper.frames[0] == datagram(("agent", "eth0"), "10.91.1.255", 64, magic("sleeper"), sleeper.frames[0])
    assert raw["error"] == "Denied"
    assert "raw frames need the right CAP_NET_RAW" in raw["summary"]


def test_a_raw_frame_with_a_password(land: Networks) -> None:
    secret = land.folder / "secureon"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    with land.asleep("sleeper") as sleeper:
        ended = wake(land, [f"{MAC} password_file={secret}"], mac=MAC, raw=True, interface="eth0")
        udp = wake(land, [f"{MAC} password_file={secret}"], mac=MAC, interface="eth0")
    assert ended["data"]["ways"] == ["raw frame over eth0"]
    password = bytes.fromhex(SECRET.replace(":", ""))
    source = bytes.fromhex(CARDS["agent", "eth0"][1].replace(":", ""))
    assert sleeper.frames[0] == b"\xff" * 6 + source + b"\x08\x42" + magic("sleeper", password)
    assert len(sleeper.frames[0]) == 14 + 108
    heard = sleeper.frames[3]
    assert heard == datagram(("agent", "eth0"), "10.91.1.255", 64, magic("sleeper", password), heard)
    assert SECRET not in json.dumps([ended, udp])


def test_a_router_drops_a_directed_broadcast_and_passes_it_when_told(land: Networks) -> None:
    far = CARDS["far", "eth0"][1]
    targets = [far, "10.91.2.0/24"]
    asked = {"mac": far, "address": "10.91.2.20/24", "check": "tcp:10.91.2.20:22"}
    with land.asleep("far") as sleeper:
        dropped = wake(land, targets, wait_seconds=2, **asked)
    assert sleeper.frames == [], "the router dropped it, and nobody was told"
    assert not dropped["done"]
    assert "is not up after" in dropped["summary"]
    assert "most routers drop a directed broadcast" in dropped["data"]["ways"][0]
    assert [kind for kind, _, _ in dropped["told"]] == ["wake.sent", "wake.failed"]
    land.set("router", bc_forwarding=1)
    with land.asleep("far") as sleeper:
        passed = wake(land, targets, wait_seconds=20, **asked)
    land.set("router", bc_forwarding=0)
    assert passed["done"], passed
    heard = sleeper.frames[0]
    assert heard == datagram(("router", "eth1"), "10.91.2.255", 63, magic("far"), heard, source="10.91.1.2")


def test_where_no_route_leads(land: Networks) -> None:
    ended = wake(land, ["*"], mac=MAC, address="198.51.100.7/24")
    assert ended["done"], "the default route takes it, whatever becomes of it"
    land.run("agent", "ip", "route", "del", "default")
    ended = wake(land, ["*"], mac=MAC, address="198.51.100.7/24")
    everywhere = wake(land, ["*"], mac=MAC, address="255.255.255.255")
    land.run("agent", "ip", "route", "add", "default", "via", "10.91.1.1")
    assert ended["error"] == "HostError"
    assert "no route leads there (Network is unreachable)" in ended["summary"]
    assert [kind for kind, _, _ in ended["told"]] == ["wake.failed"]
    assert everywhere["done"], "each interface has a broadcast address of its own, and needs no route"


def test_an_interface_that_is_down_is_none(land: Networks) -> None:
    land.run("agent", "ip", "link", "set", "eth1", "down")
    ended = wake(land, [MAC], mac=MAC, interface="eth1")
    land.run("agent", "ip", "link", "set", "eth1", "up")
    assert ended["error"] == "Absent"
    assert "no interface 'eth1' is up here with a broadcast address; there are: eth0" in ended["summary"]


def test_whom_the_file_does_not_name_no_card_hears(land: Networks) -> None:
    with land.asleep("sleeper") as sleeper:
        other = wake(land, [CARDS["other", "eth0"][1]], mac=MAC)
        elsewhere = wake(land, ["10.91.3.0/24"], mac=MAC)
    assert other["error"] == "Denied"
    assert elsewhere["data"]["ways"] == ["broadcast to 10.91.3.255 port 9 over eth1"]
    assert sleeper.frames == []


TELL = """
import json, socket, time
from wakeful_agent.host.files import Host
from wakeful_agent.host.surroundings import Surroundings
from wakeful_agent.meters.neighbours import NeighboursMeter
for address in ("10.91.1.20", "10.91.1.1", "10.91.3.20", "10.91.3.99"):
    with socket.socket() as door:
        door.settimeout(0.3)
        door.connect_ex((address, 22))
now_ms = int(time.time() * 1000)
seen = NeighboursMeter().read(Host(), now_ms).inventories["neighbours"]
print(json.dumps([Surroundings(Host()).document(), seen, now_ms]))
"""


def test_what_the_agent_tells_of_its_networks_and_neighbours(land: Networks) -> None:
    networks, seen, now_ms = land.python("agent", TELL)
    assert networks == [
        {
            "interface": "eth0",
            "kind": "virtual",
            "mac": CARDS["agent", "eth0"][1],
            "addresses": ["10.91.1.2/24"],
            "gateway": "10.91.1.1",
            "gateway_mac": CARDS["router", "eth0"][1],
        },
        {"interface": "eth1", "kind": "virtual", "mac": CARDS["agent", "eth1"][1], "addresses": ["10.91.3.2/24"]},
    ]
    found = {(row["interface"], row["address"]): row["mac"] for row in seen}
    assert found == {
        ("eth0", "10.91.1.1"): CARDS["router", "eth0"][1],
        ("eth0", "10.91.1.20"): MAC,
        ("eth1", "10.91.3.20"): CARDS["other", "eth0"][1],
    }, "who does not answer is nobody"
    assert all(0 <= now_ms - row["seen_ms"] < 2 * 3_600_000 for row in seen)


COLLECT = """
import json, sys
from wakeful_collector.wake import sending
print(json.dumps([[str(one.address) for one in sending.own()], sending.send(json.loads(sys.argv[1]))]))
"""


def test_the_collector_itself(land: Networks) -> None:
    with land.asleep("sleeper") as sleeper:
        arguments = {"mac": MAC, "name": "nas", "address": "10.91.1.20/24"}
        own, (summary, data) = land.python("agent", COLLECT, json.dumps(arguments))
    assert own == ["10.91.1.2/24", "10.91.3.2/24"]
    assert data["ways"] == ["broadcast to 10.91.1.255 port 9 over eth0"]
    assert "3 packets were sent" in summary
    assert len(sleeper.frames) == 3
    for heard in sleeper.frames:
        assert heard == datagram(("agent", "eth0"), "10.91.1.255", 64, magic("sleeper"), heard)


WATCH = """
import json, sys, time
from wakeful_agent.host.files import Host
from wakeful_agent.watches.host import HostWatch
watch = HostWatch("nas", json.loads(sys.argv[1]))
host = Host()
before = watch.look(host, 0)
outcome = watch.repair(host, 0)
until = time.monotonic() + 20
while watch.look(host, 0).state != "up" and time.monotonic() < until:
    time.sleep(0.1)
print(json.dumps([before, outcome, watch.look(host, 0)]))
"""


def test_a_watch_wakes_its_neighbour(land: Networks) -> None:
    with land.asleep("sleeper") as sleeper:
        options = {"mac": MAC, "check": "tcp:10.91.1.20:22", "address": "10.91.1.20", "repeat": 1}
        before, outcome, after = land.python("agent", WATCH, json.dumps(options))
    assert before[0] == "down"
    assert outcome[0], outcome
    assert after[0] == "up"
    (heard,) = sleeper.frames
    assert heard == datagram(("agent", "eth0"), "10.91.1.255", 64, magic("sleeper"), heard)
