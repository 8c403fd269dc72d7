"""What a cycle came to, in one transaction, unless its cluster is no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.sync import writing
from wakeful_collector.integrations.proxmox.sync.cycle import Cycle
from wakeful_collector.integrations.proxmox.sync.known import Known
from wakeful_collector.model.estate import Guest, Task
from wakeful_collector.read import proxmox, proxmox_clusters, proxmox_history
from wakeful_collector.store import proxmox_changes
from wakeful_collector.store import proxmox_clusters as clusters_table
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .....fakes.proxmox import FakeCluster
    from .looks import Looks

WEB = Guest("home", 100, "qemu", "ctime:1", "web", "pve1", "running", "running")


def made(*guests: Guest, **more: Any) -> Cycle:
    return Cycle(Known({}, {one.id: one for one in guests}, polled_ms=9), **more)


@pytest.fixture
def added_ms(pve: FakeCluster, kept: Callable[..., Any], data: Path) -> int:
    kept(pve)
    row = proxmox_clusters.cluster(data, "home")
    assert row is not None
    return row.made_ms


def test_the_first_sight_is_no_change(data: Path, added_ms: int) -> None:
    assert writing.keep(data, "home", added_ms, Known(), made(WEB), 9, 0.5) == 0

    assert proxmox.guests(data, "home") == [WEB]
    assert proxmox.standing(data, "home").polled_ms == 9
    assert proxmox.standing(data, "home").seconds == 0.5


def test_nothing_is_kept_of_a_cluster_that_was_removed_meanwhile_or_is_another_now(data: Path, added_ms: int) -> None:
    assert writing.keep(data, "home", added_ms - 1, Known(), made(WEB), 9, 0.5) == 0
    with changing(data) as connection:
        clusters_table.remove(connection, "home")
    assert writing.keep(data, "home", added_ms, Known(), made(WEB), 9, 0.5) == 0
    writing.fail(data, "home", PveError("tls", "no"), 1, 9)

    assert proxmox.guests(data, "home") == []
    assert proxmox.clusters(data) == []


def test_all_of_it_or_nothing(data: Path, added_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the disk")

    monkeypatch.setattr(proxmox_changes, "add", broken)
    with pytest.raises(RuntimeError):
        writing.keep(data, "home", added_ms, Known(), made(WEB), 9, 0.5)

    assert proxmox.guests(data, "home") == []


def test_a_failure_keeps_what_was_seen_and_says_since_when(data: Path, added_ms: int) -> None:
    writing.keep(data, "home", added_ms, Known(), made(WEB), 9, 0.5)
    writing.fail(data, "home", PveError("unreachable", "nobody answers at pve1:8006"), 3, 20)
    writing.fail(data, "home", PveError("tls", "another certificate"), 1, 30)

    found = proxmox.standing(data, "home")
    assert (found.failed, found.error, found.failing_since_ms) == ("tls", "another certificate", 20)
    assert (found.tried_ms, found.polled_ms, found.requests) == (30, 9, 1)
    area = proxmox.estate(data, "home").area("guests")
    assert (area.state, area.reason, area.since_ms) == ("stale", "another certificate", 20)
    assert proxmox.guests(data, "home") == [WEB]

    writing.keep(data, "home", added_ms, Known(polled_ms=9, guests={WEB.id: WEB}), made(WEB), 40, 0.5)
    assert proxmox.standing(data, "home").failed == ""
    assert proxmox.standing(data, "home").failing_since_ms == 0


def test_tasks_are_kept_and_end_once(data: Path, added_ms: int) -> None:
    running = Task("UPID:a", "pve1", "qmstart", "100", "ann@pve", 5)
    ended = Task("UPID:a", "pve1", "qmstart", "100", "ann@pve", 5, 8, "OK")
    writing.keep(data, "home", added_ms, Known(), made(tasks=[running]), 9, 0)
    assert [one.is_running for _, one in proxmox_history.tasks(data, "home")] == [True]
    writing.keep(data, "home", added_ms, Known(polled_ms=9), made(tasks=[ended]), 19, 0)
    writing.keep(data, "home", added_ms, Known(polled_ms=19), made(tasks=[running]), 29, 0)

    assert [one for _, one in proxmox_history.tasks(data, "home")] == [ended]


def test_changes_of_one_cycle_are_bounded(data: Path, added_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "CHANGES_MAX", 3)
    before = {f"qemu/{vmid}": Guest("home", vmid, "qemu", name=f"v{vmid}") for vmid in range(100, 110)}
    after = made(gone=[])
    after.gone = list(before.values())
    known = Known(guests=before, polled_ms=5)

    assert writing.keep(data, "home", added_ms, known, after, 9, 0) == 3


def test_what_comes_without_being_seen_before_is_told_only_where_a_task_made_it(looks: Looks, pve: FakeCluster) -> None:
    looks.settle()
    pve.vm(100, "web")
    looks.once()
    assert looks.told() == [("qemu/100", "", None, "web")]
    with changing(looks.data) as connection:
        connection.execute("UPDATE proxmox_areas SET state = 'partial' WHERE name = 'guests'")
    looks.again()
    pve.vm(101, "shown now")
    looks.once()

    assert len(looks.told()) == 1
