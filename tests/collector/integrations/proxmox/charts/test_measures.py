from __future__ import annotations

from wakeful_collector.integrations.proxmox.charts import measures
from wakeful_collector.integrations.proxmox.charts.measures import SERIES, Seen
from wakeful_collector.model.estate import Usage

RUNS = Usage(
    cpu=0.5,
    cpus=4,
    memory_bytes=100,
    memory_max_bytes=200,
    disk_bytes=5,
    disk_max_bytes=9,
    uptime_seconds=60,
    received_bytes=1_000,
    sent_bytes=2_000,
    read_bytes=3_000,
    written_bytes=4_000,
)


def with_(**more: object) -> Usage:
    return Usage(**{**{name: getattr(RUNS, name) for name in Usage.__struct_fields__}, **more})


def test_a_value_for_each_series() -> None:
    found = measures.values(None, RUNS, 10_000)
    assert found == (1.0, 0.5, 4, 100.0, 200.0, 5.0, 9.0, None, None, None, None)
    assert len(found) == len(SERIES)
    assert measures.values(None, Usage(memory_max_bytes=5), 10_000) is None
    silent = measures.values(None, Usage(cpu=0.5), 10_000)
    assert silent is not None
    assert silent[0] is None
    stopped = measures.values(None, with_(uptime_seconds=0, cpu=0), 10_000)
    assert stopped is not None
    assert stopped[0] == 0.0


def test_counters_become_rates() -> None:
    later = with_(received_bytes=2_000, sent_bytes=2_000, read_bytes=1, written_bytes=None, uptime_seconds=70)
    found = measures.values(Seen(10_000, RUNS), later, 20_000)
    assert found is not None
    assert found[7:] == (100.0, 0.0, None, None)
    for at_ms in (10_000, 9_000, 10_000 + measures.RATE_MS_MAX + 1):
        old = measures.values(Seen(10_000, RUNS), later, at_ms)
        assert old is not None
        assert old[7:] == (None,) * 4


def test_the_same_figures_are_not_measured_twice() -> None:
    seen = Seen(10_000, RUNS)
    assert measures.values(seen, RUNS, 15_000) is None
    assert measures.values(seen, RUNS, 10_000 + measures.STILL_MS) is not None
    stopped = with_(uptime_seconds=0)
    assert measures.values(Seen(10_000, stopped), stopped, 15_000) is not None


def test_rows_of_the_past() -> None:
    guest = {"time": 1_700_000_000, "cpu": 0.25, "maxcpu": 2, "mem": "10", "maxmem": 20, "netin": 7.5, "diskwrite": 1}
    assert measures.remembered(guest) == (
        1_700_000_000_000,
        (1.0, 0.25, 2.0, 10.0, 20.0, None, None, 7.5, None, None, 1.0),
    )
    node = {"time": "1700000000", "cpu": 0.1, "memused": 1, "memtotal": 2, "rootused": 3, "roottotal": 4}
    found = measures.remembered(node)
    assert found is not None
    assert found[1][3:7] == (1.0, 2.0, 3.0, 4.0)
    for odd in (
        {"time": 1_700_000_000},
        {"cpu": 1},
        {"time": "x", "cpu": 1},
        {"time": -1, "cpu": 1},
        {"time": True, "cpu": 1},
    ):
        assert measures.remembered(odd) is None
    assert measures.remembered({"time": 1, "cpu": "nan-ish", "mem": [], "maxmem": 1e40}) is None
    assert measures.remembered({"time": 1, "cpu": "nan", "mem": "inf"}) is None
