import socket

import pytest

from wakeful_agent.host.errors import Absent, HostError, Late, Malformed
from wakeful_agent.network.knock import End, Knock, ends_of, first_knock, knock
from wakeful_agent.network.place import parse_place


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return gone.getsockname()[1]


def test_taken_and_refused(served, closed_port):
    place = parse_place(served(lambda channel: None).address)
    [end] = ends_of(place)
    assert end == End(socket.AF_INET, ("127.0.0.1", place.port))
    taken = knock(place, end, 2)
    assert taken.taken
    assert 0 < taken.seconds < 2
    refused = first_knock(parse_place(f"127.0.0.1:{closed_port}"), 2)
    assert not refused.taken
    assert refused.seconds > 0


def test_a_unix_socket(served, tmp_path):
    assert first_knock(parse_place(served(lambda channel: None, "unix").address), 2).taken
    with pytest.raises(Absent):
        first_knock(parse_place(f"unix:{tmp_path}/nobody"), 2)


def test_nobody_answers():
    with socket.socket() as full:  # its queue of one is full: the kernel drops what comes after
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        place = parse_place(f"127.0.0.1:{full.getsockname()[1]}")
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with pytest.raises(Late):
            first_knock(place, 0.3)
        for one in waiting:
            one.close()


def test_a_name_that_is_none_and_no_tcp():
    with pytest.raises(HostError, match="cannot be looked up"):
        ends_of(parse_place("nobody.invalid:1"))
    with pytest.raises(Malformed):
        ends_of(parse_place("udp://127.0.0.1:1"))


def test_the_first_address_that_takes_it_counts(served, closed_port, monkeypatch):
    taking = parse_place(served(lambda channel: None).address).port
    addresses = [("127.0.0.1", closed_port), ("127.0.0.1", taking), ("127.0.0.1", closed_port)]
    found = [(socket.AF_INET, 0, 0, "", address) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
    assert first_knock(parse_place("two.example:1"), 2).taken
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found[:1])
    assert isinstance(first_knock(parse_place("two.example:1"), 2), Knock)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    with pytest.raises(HostError, match="has no address"):
        first_knock(parse_place("two.example:1"), 2)
