from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.ingest import subjects as keeping
from wakeful_collector.integrations.proxmox.charts import pace, recording
from wakeful_collector.integrations.proxmox.charts.measures import SERIES
from wakeful_collector.integrations.proxmox.charts.recording import Recording
from wakeful_collector.model.estate import Usage
from wakeful_collector.read import latest, proxmox_subjects
from wakeful_collector.store import database, proxmox_clusters
from wakeful_collector.store import proxmox_subjects as table
from wakeful_collector.store.changes import changing

from .estates import poll, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster

    from .....fakes.proxmox import FakeCluster


@pytest.fixture(autouse=True)
def cluster(pve: FakeCluster, kept: Callable[..., Cluster]) -> Cluster:
    return kept(pve)


def test_each_poll_becomes_a_tick(data: Path, settings: Settings, now_ms: int) -> None:
    job = Recording()
    assert job(data, settings, now_ms) == 0
    poll(data, now_ms, {"qemu/100": running(), "node/pve1": running(), "storage/pve1/local": Usage(disk_bytes=1)})
    assert job(data, settings, now_ms) == 2
    assert job(data, settings, now_ms) == 0
    poll(data, now_ms + 10_000, {"qemu/100": running(70, 5_000), "node/pve1": running(70)})
    assert job(data, settings, now_ms + 10_000) == 2
    key = proxmox_subjects.key_of(data, "home", "qemu/100")
    assert key is not None
    found = {(one.name, *dict(one.labels).values()): one.value for one in latest.latest(data, key)}
    assert found["proxmox.subject.cpu.utilization",] == 0.5
    assert found["proxmox.subject.network.io", "receive"] == 500.0
    assert proxmox_subjects.key_of(data, "home", "storage/pve1/local") is None


def test_a_guest_made_anew_under_the_same_number_is_another(data: Path, settings: Settings, now_ms: int) -> None:
    job = Recording()
    poll(data, now_ms, {"qemu/100": running()})
    job(data, settings, now_ms)
    first = proxmox_subjects.key_of(data, "home", "qemu/100")
    poll(data, now_ms + 61_000, {"qemu/100": running(70)}, {"qemu/100": "ctime=1"})
    job(data, settings, now_ms + 61_000)
    assert proxmox_subjects.subjects(data, "home")["qemu/100"].mark == "ctime=1"
    assert proxmox_subjects.key_of(data, "home", "qemu/100") == first
    poll(data, now_ms + 122_000, {"qemu/100": running(10)}, {"qemu/100": "ctime=2"})
    job(data, settings, now_ms + 122_000)
    assert proxmox_subjects.key_of(data, "home", "qemu/100") != first


def test_gaps_are_noted_and_a_restart_goes_on(data: Path, settings: Settings, now_ms: int) -> None:
    poll(data, now_ms, {"qemu/100": running()})
    Recording()(data, settings, now_ms)
    first = proxmox_subjects.gaps(data, "home", 9)
    assert [(gap.id, gap.from_ms, gap.to_ms) for gap in first] == [("qemu/100", 0, now_ms)]
    job = Recording()
    assert job(data, settings, now_ms + 5_000) == 0, "the same poll is not stored twice"
    later_ms = now_ms + 3_600_000
    poll(data, later_ms, {"qemu/100": running(900)})
    assert job(data, settings, later_ms) == 1
    assert next((gap.from_ms, gap.to_ms) for gap in proxmox_subjects.gaps(data, "home", 9)) == (now_ms, later_ms)


def test_thousands_are_written_together(
    data: Path, settings: Settings, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "pace", lambda count: pace.Pace(30_000, 60_000))
    job, written = Recording(), []
    for at in range(14):
        at_ms = now_ms + at * 10_000
        poll(data, at_ms, {"qemu/100": running(60 + at)})
        written.append(job(data, settings, at_ms))
    assert [count for count in written if count] == [1, 2, 2]
    times = database.reader(data, "samples").execute("SELECT from_ms, to_ms FROM hot ORDER BY to_ms").fetchall()
    assert [tuple(row) for row in times][1] == (now_ms + 30_000, now_ms + 60_000)


def test_charts_that_are_off_and_clusters_that_went(
    data: Path, settings: Settings, now_ms: int, pve: FakeCluster, kept: Callable[..., Cluster]
) -> None:
    job = Recording()
    poll(data, now_ms, {"qemu/100": running()})
    kept(pve, charts=False)
    assert job(data, settings, now_ms) == 0
    kept(pve)
    assert job(data, settings, now_ms) == 1
    with changing(data) as connection:
        proxmox_clusters.remove(connection, "home")
    poll(data, now_ms + 10_000, {"qemu/100": running(70)})
    assert job(data, settings, now_ms + 10_000) == 0


def test_there_is_a_bound_on_subjects(
    data: Path, settings: Settings, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "SUBJECTS_MAX", 1)
    poll(data, now_ms, {"qemu/100": running(), "qemu/101": running()})
    assert Recording()(data, settings, now_ms) == 1


def test_what_is_long_gone_is_dropped(data: Path, settings: Settings, now_ms: int) -> None:
    poll(data, now_ms, {"qemu/100": running()})
    Recording()(data, settings, now_ms)
    assert recording.prune(data, settings, now_ms) == 0
    assert recording.prune(data, settings, now_ms + (settings.retention_1h_days + 1) * pace.DAY_MS) == 1
    assert proxmox_subjects.key_of(data, "home", "qemu/100") is None


def test_a_clock_that_was_set_back_doubles_nothing(data: Path, settings: Settings, now_ms: int) -> None:
    job = Recording()
    poll(data, now_ms, {"qemu/100": running()})
    job(data, settings, now_ms)
    poll(data, now_ms - 3_600_000, {"qemu/100": running(70)})
    assert job(data, settings, now_ms - 3_600_000) == 0
    keeping.keep(data, keeping.TOLD, SERIES, [], now_ms)
