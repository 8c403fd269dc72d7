from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock, rollups
from wakeful_collector.integrations.proxmox.charts import backfilling
from wakeful_collector.integrations.proxmox.charts.recording import Recording
from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.read import proxmox_subjects, series
from wakeful_collector.store import database

from .estates import poll, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster

    from .....fakes.proxmox import FakeCluster

MIN = 60_000
WHERE = "GET /nodes/pve1/qemu/100/rrddata"


@pytest.fixture(autouse=True)
def _gap(pve: FakeCluster, kept: Callable[..., Cluster], data: Path, settings: Settings, now_ms: int) -> None:
    kept(pve)
    poll(data, now_ms, {"qemu/100": running(), "node/pve1": running()}, {"qemu/100": "ctime=1"})
    Recording()(data, settings, now_ms)
    pve.answer("GET /nodes/pve1/rrddata", [])


def past(now_ms: int, count: int, step_ms: int) -> list[dict[str, Any]]:
    return [{"time": (now_ms - at * step_ms) // 1000, "cpu": 0.25, "maxcpu": 2, "netin": 9} for at in range(count)]


def gaps(data: Path) -> list[str]:
    return sorted(gap.id for gap in proxmox_subjects.gaps(data, "home", 9))


def test_what_the_cluster_remembers_is_charted(pve: FakeCluster, data: Path, settings: Settings, now_ms: int) -> None:
    pve.answer(f"{WHERE}?timeframe=hour&cf=AVERAGE", past(now_ms, 70, MIN))
    pve.answer(f"{WHERE}?timeframe=day&cf=AVERAGE", past(now_ms, 48, 30 * MIN))
    pve.answer(f"{WHERE}?timeframe=week&cf=AVERAGE", past(now_ms, 56, 180 * MIN))
    assert backfilling.fill(data, settings, now_ms) == 2
    assert gaps(data) == []
    assert backfilling.fill(data, settings, now_ms) == 0
    key = proxmox_subjects.key_of(data, "home", "qemu/100")
    assert key is not None
    from_ms = now_ms - 6 * 86_400_000
    name = ["proxmox.subject.cpu.utilization"]
    for later_ms in (0, 3 * 3_600_000):  # as it came, and folded: samples of before two days are kept as tiers alone
        rollups.run_due(data, settings, now_ms + later_ms)
        found = series.series(data, key, name, from_ms, now_ms, 150, (), {}, now_ms, None)
        values = found.columns[0].values
        assert None not in values[1:-2]
        assert set(values[1:-2]) == {0.25}
    samples = database.reader(data, "samples")
    assert samples.execute("SELECT count(*) FROM hot WHERE host = ?", (key,)).fetchone()[0] == 0


def test_what_cannot_be_told_is_not_asked_again(pve: FakeCluster, data: Path, settings: Settings, now_ms: int) -> None:
    pve.fail("GET", "/nodes/pve1/qemu/100/rrddata", 403, "Permission check failed (/vms/100, VM.Audit)")
    assert backfilling.fill(data, settings, now_ms) == 2
    assert gaps(data) == []


def test_what_is_away_now_is_asked_later(
    pve: FakeCluster, data: Path, settings: Settings, now_ms: int, kept: Callable[..., Cluster]
) -> None:
    pve.stop()
    assert backfilling.fill(data, settings, now_ms) == 0
    assert gaps(data) == ["node/pve1", "qemu/100"]
    pve.start()
    pve.answer(WHERE, [])
    kept(pve, charts=False)
    assert backfilling.fill(data, settings, now_ms) == 0
    kept(pve)
    assert backfilling.fill(data, settings, now_ms) == 2


def test_a_guest_that_is_gone_has_no_past(pve: FakeCluster, data: Path, settings: Settings, now_ms: int) -> None:
    poll(data, now_ms + 1_000, {"lxc/200": running()})
    Recording()(data, settings, now_ms + 1_000)
    pve.answer(WHERE, [])
    backfilling.fill(data, settings, now_ms + 2_000)
    assert gaps(data) == []
    assert not [one for one in pve.requests() if "lxc" in one.path]


def test_it_takes_its_time(data: Path, settings: Settings, now_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(0, 10_000, 31))
    monkeypatch.setattr(clock, "monotonic_seconds", lambda: float(next(ticks)))
    assert backfilling.fill(data, settings, now_ms) == 0
    assert gaps(data) == ["node/pve1", "qemu/100"]


def test_a_cluster_that_is_removed_meanwhile(
    data: Path, settings: Settings, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise opening.Unknown("home")

    monkeypatch.setattr(opening, "client", gone)
    assert backfilling.fill(data, settings, now_ms) == 0


def test_a_dead_node_does_not_hold_up_the_others(pve: FakeCluster, data: Path, settings: Settings, now_ms: int) -> None:
    pve.node("pve2")
    poll(data, now_ms + 1_000, {"node/pve2": running()})
    Recording()(data, settings, now_ms + 1_000)
    pve.answer(WHERE, [])
    pve.answer("GET /nodes/pve2/rrddata", [])
    pve.unanswer("GET /nodes/pve1/rrddata")
    pve.unanswer(WHERE)
    pve.offline("pve1")
    assert backfilling.fill(data, settings, now_ms + 2_000) == 1
    assert gaps(data) == ["node/pve1", "qemu/100"]
    assert len([one for one in pve.requests() if "/pve1/" in one.path]) == 1
    pve.offline("pve1", False)
    pve.answer(WHERE, [])
    pve.answer("GET /nodes/pve1/rrddata", [])
    assert backfilling.fill(data, settings, now_ms + 3_000) == 2


def test_a_node_with_a_name_that_is_another_path(data: Path, settings: Settings, now_ms: int) -> None:
    poll(data, now_ms + 1_000, {"node/..": running()})
    Recording()(data, settings, now_ms + 1_000)
    backfilling.fill(data, settings, now_ms + 2_000)
    assert "node/.." not in gaps(data)
