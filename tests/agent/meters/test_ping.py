import errno
import socket
import threading

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.ping import PingMeter, samples_of
from wakeful_agent.network import icmp

HOST = Host("/nowhere")


class Kernel:
    """The socket module of a kernel whose ICMP sockets are what the test says; all else is the real one's."""

    def __init__(self, make):
        self._make = make

    def __getattr__(self, name):
        return getattr(socket, name)

    def socket(self, family, kind, protocol):
        return self._make(family)


@pytest.fixture
def forbidden(monkeypatch):
    def refuse(family):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(icmp, "socket", Kernel(refuse))


class Echo(socket.socket):
    """A UDP socket that sends its requests to an end that answers them, wherever they were to go."""

    where = None

    def sendto(self, content, _):
        return super().sendto(content, Echo.where)


@pytest.fixture
def allowed(monkeypatch):
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.bind(("127.0.0.1", 0))
    Echo.where = end.getsockname()

    def serve():
        while True:
            packet, sender = end.recvfrom(1024)
            if not packet:
                return end.close()
            end.sendto(b"\0" + packet[1:], sender)

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setattr(icmp, "socket", Kernel(lambda family: Echo(family, socket.SOCK_DGRAM)))
    yield
    end.sendto(b"", end.getsockname())


def read(*targets, **options):
    meter = PingMeter()
    meter.configure({"targets": list(targets), "count": 2, "timeout_seconds": 0.3, **options})
    reading = meter.read(HOST, 0)
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}, reading


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return gone.getsockname()[1]


def test_least_mean_most_and_loss():
    values = {tuple(labels.values()): value for _, labels, value in samples_of("tcp", [0.1, None, 0.3, 0.2])}
    assert values == {
        ("tcp", "least"): 0.1,
        ("tcp", "mean"): pytest.approx(0.2),
        ("tcp", "most"): 0.3,
        ("tcp",): 0.25,
    }
    assert [value for _, _, value in samples_of("icmp", [None])] == [None, None, None, 1.0]


def test_over_tcp_alone_where_icmp_is_not_allowed(forbidden, served, closed_port):
    values, reading = read(f"a={served(lambda channel: None).address}", f"b=127.0.0.1:{closed_port}")
    assert values["ping.up", "a"] == values["ping.up", "b"] == 1, "a refusal is an answer"
    assert values["ping.loss", "tcp", "b"] == 0
    assert 0 < values["ping.latency", "least", "tcp", "a"] <= values["ping.latency", "most", "tcp", "a"] < 1
    assert not [key for key in values if "icmp" in key]
    assert reading.inventories["ping"][0]["icmp"] == "not allowed"


def test_over_both(allowed, served):
    values, reading = read(f"a={served(lambda channel: None).address}")
    latencies = [value for key, value in values.items() if key[0] == "ping.latency"]
    assert len(latencies) == 6
    assert all(0 < value < 1 for value in latencies)
    assert [value for key, value in values.items() if key[0] == "ping.loss"] == [0.0, 0.0]
    assert reading.inventories["ping"][0]["icmp"] == "used"


def test_a_machine_that_answers_icmp_alone_is_up(allowed):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        values, _ = read(f"a=127.0.0.1:{full.getsockname()[1]}", timeout_seconds=2)
        for one in waiting:
            one.close()
    assert values["ping.up", "a"] == 1
    assert values["ping.loss", "tcp", "a"] == 1
    assert values["ping.loss", "icmp", "a"] == 0


def test_a_machine_that_is_not_there(monkeypatch):
    def lack(family):
        raise OSError(errno.EPROTONOSUPPORT, "Protocol not supported")

    monkeypatch.setattr(icmp, "socket", Kernel(lack))
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        values, reading = read(
            f"a=127.0.0.1:{full.getsockname()[1]}", "b=nobody.invalid", "c=unix:/x", timeout_seconds=0.2
        )
        for one in waiting:
            one.close()
    assert [values["ping.up", name] for name in "abc"] == [0.0, 0.0, 0.0]
    rows = reading.inventories["ping"]
    assert "Protocol not supported" in rows[0]["icmp"]
    assert "does not answer" in rows[0]["error"]
    assert "cannot be looked up" in rows[1]["error"]
    assert "is no machine" in rows[2]["error"]


def test_the_capability_says_how_to_allow_icmp(forbidden):
    meter = PingMeter()
    assert not meter.probe(HOST).available
    meter.configure({"targets": ["a", "b"]})
    found = meter.probe(HOST)
    assert found.available
    assert found.reason.startswith("2 targets, over TCP alone: ICMP is not allowed")
    assert "ping_group_range" in found.fix


def test_the_capability_where_icmp_is_allowed(allowed):
    meter = PingMeter()
    meter.configure({"targets": ["a"]})
    assert meter.probe(HOST) == ("ping", True, "1 target", "", "")
