import pytest

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_agent.host.neighbours import Neighbour
from wakeful_agent.meters import neighbours as module
from wakeful_agent.meters.neighbours import NeighboursMeter

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
NOW_MS = 1_795_000_000_000 // HOUR_MS * HOUR_MS + 600_000
NAS = Neighbour("eth0", "192.168.1.20", "02:00:00:00:00:01", 30.0)
PI = Neighbour("eth0", "192.168.1.21", "02:00:00:00:00:02", 7_200.0)


@pytest.fixture
def seen(monkeypatch):
    """Return a list of what the kernel remembers."""
    found = []
    monkeypatch.setattr(module, "neighbours", lambda _host: list(found))
    return found


def read(meter, now_ms=NOW_MS):
    reading = meter.read(Host(), now_ms)
    assert (tuple(reading.series), tuple(reading.values)) == ((), ())
    return reading.inventories["neighbours"]


def test_who_was_seen_and_when(seen):
    seen += [PI, NAS]
    hour_ms = NOW_MS // HOUR_MS * HOUR_MS
    assert read(NeighboursMeter()) == [
        {"interface": "eth0", "address": NAS.address, "mac": NAS.mac, "seen_ms": hour_ms},
        {"interface": "eth0", "address": PI.address, "mac": PI.mac, "seen_ms": hour_ms - 2 * HOUR_MS},
    ]


def test_the_document_is_the_same_while_nothing_comes_or_goes(seen):
    meter = NeighboursMeter()
    seen.append(NAS)
    first = read(meter)
    assert read(meter, NOW_MS + 60_000) is first, "the same object: it is not looked at again"
    assert read(meter, NOW_MS + HOUR_MS)[0]["seen_ms"] == first[0]["seen_ms"] + HOUR_MS


def test_whom_the_kernel_forgot_is_remembered_for_a_while(seen):
    meter = NeighboursMeter()
    meter.configure({"days": 2})
    seen.append(NAS)
    first = read(meter)
    seen.clear()
    assert read(meter, NOW_MS + DAY_MS) == first
    seen.append(NAS._replace(age_seconds=86_400.0 * 3))
    assert read(meter, NOW_MS + DAY_MS) == first, "an older sight is no news"
    seen.clear()
    assert read(meter, NOW_MS + 3 * DAY_MS) == []


def test_there_is_an_end_to_it(seen):
    meter = NeighboursMeter()
    meter.configure({"most": 2})
    seen += [NAS._replace(address=f"192.168.1.{n}", age_seconds=n * 3600.0) for n in range(5)]
    assert [row["address"] for row in read(meter)] == ["192.168.1.0", "192.168.1.1"]


def test_where_the_kernel_refuses(monkeypatch):
    def refused(_host):
        raise HostError("netlink: the kernel refused the question")

    monkeypatch.setattr(module, "neighbours", refused)
    with pytest.raises(HostError):
        NeighboursMeter().read(Host(), NOW_MS)
