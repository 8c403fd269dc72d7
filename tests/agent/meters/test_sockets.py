import pytest

from wakeful_agent.meter import NoData
from wakeful_agent.meters.sockets import SocketsMeter, parse_established, parse_sockstat


def read(host):
    reading = SocketsMeter().read(host, 0)
    return {(one.name.rsplit(".", 1)[-1], *dict(one.labels).values()): value for one, value in zip(*reading[:2])}


def test_both_families_are_counted_together(machine):
    assert read(machine("bare-metal")) == {
        ("used",): 345,
        ("connections", "tcp", "time_wait"): 7,
        ("connections", "tcp", "established"): 13,
        ("sockets", "tcp"): 25,
        ("sockets", "udp"): 8,
        ("sockets", "udplite"): 0,
        ("sockets", "raw"): 2,
        ("count",): 321,
        ("limit",): 262_144,
    }


def test_what_a_kernel_does_not_count_is_left_out(machine):
    assert read(machine("gvisor")) == {("connections", "tcp", "established"): 4}
    found = read(machine("centos7"))
    assert ("count",) not in found
    assert found["sockets", "tcp"] == 3


def test_a_conntrack_table_that_is_no_number_is_left_out(made):
    host = made({"proc/net/sockstat": "sockets: used 1\n", "proc/sys/net/netfilter/nf_conntrack_count": "many\n"})
    assert read(host) == {("used",): 1}


def test_nothing_at_all_is_no_data(made):
    with pytest.raises(NoData):
        SocketsMeter().read(made({}), 0)


def test_the_parsers():
    assert parse_sockstat("") == {}
    assert parse_established("Tcp: A CurrEstab B\nTcp: 1 -2 3\n") == -2
