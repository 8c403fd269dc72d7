import socket
import struct

import pytest

from wakeful_agent.host import surroundings as module
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_agent.host.links import Link, Network
from wakeful_agent.host.neighbours import Neighbour
from wakeful_agent.host.surroundings import Surroundings

HOME = Network("192.168.1.5", 24, "192.168.1.255")
MAC, GATEWAY_MAC = "02:00:00:00:00:01", "02:00:00:00:00:fe"
ROUTE = "Iface\neth0\t00000000\t{:08X}\t0003\t0\t0\t0\t00000000\t0\t0\t0\n".format(
    struct.unpack("=I", socket.inet_aton("192.168.1.1"))[0]
)


@pytest.fixture
def told(made, monkeypatch):
    """Return a function that sets the links and neighbours of the machine that the surroundings are asked of."""
    asked = Surroundings(made({"proc/net/route": ROUTE}))

    def tell(links, neighbours=()):
        monkeypatch.setattr(module, "links", lambda _host: list(links))
        monkeypatch.setattr(module, "neighbours", lambda _host: list(neighbours))
        return asked.document()

    return tell


def test_a_row_for_each_network(told):
    links = [
        Link("eth0", "physical", MAC, (HOME, Network("10.0.0.1", 32, "")), False, True),
        Link("eth1", "virtual", "02:00:00:00:00:02", (Network("10.1.0.5", 16, "10.1.255.255"),)),
        Link("docker0", "bridge", "02:00:00:00:00:03", (Network("172.17.0.1", 16, "172.17.255.255"),), True),
        Link("ib0", "virtual", "", (HOME,)),
    ]
    assert told(links, [Neighbour("eth0", "192.168.1.1", GATEWAY_MAC, 1.0)]) == [
        {
            "interface": "eth0",
            "kind": "physical",
            "mac": MAC,
            "addresses": ["192.168.1.5/24", "10.0.0.1/32"],
            "gateway": "192.168.1.1",
            "gateway_mac": GATEWAY_MAC,
            "armed": True,
        },
        {"interface": "eth1", "kind": "virtual", "mac": "02:00:00:00:00:02", "addresses": ["10.1.0.5/16"]},
    ]


def test_a_gateway_is_remembered_while_nobody_speaks_through_it(told):
    link = Link("eth0", "physical", MAC, (HOME,))
    assert told([link])[0]["gateway_mac"] == ""
    first = told([link], [Neighbour("eth0", "192.168.1.1", GATEWAY_MAC, 1.0)])
    assert first[0]["gateway_mac"] == GATEWAY_MAC
    elsewhere = Neighbour("eth1", "192.168.1.1", "02:00:00:00:00:fd", 1.0)
    assert told([link], [elsewhere]) == first, "hello is the same, so it is not told again"


def test_there_is_an_end_to_it(told):
    rows = told([Link(f"eth{n}", "physical", MAC, (HOME,) * 99) for n in range(99)])
    assert (len(rows), len(rows[0]["addresses"])) == (32, 16)


def test_nothing_is_told_where_nothing_tells(made, monkeypatch):
    assert Surroundings(made({})).document() == []

    def refused(_host):
        raise HostError("netlink: the kernel refused the question")

    monkeypatch.setattr(module, "links", refused)
    assert Surroundings(Host()).document() == []


def test_this_machine():
    assert all(row["mac"] and row["addresses"] for row in Surroundings(Host()).document())
