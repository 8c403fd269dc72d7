"""The job: every cluster in a thread of its own, when it is time, and again later when it failed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.integrations.proxmox.sync import keeping, writing
from wakeful_collector.integrations.proxmox.sync.keeping import JOBS, Attendant, Keeper
from wakeful_collector.read import proxmox, proxmox_clusters
from wakeful_collector.store import proxmox_changes, proxmox_deeds, proxmox_estate
from wakeful_collector.store import proxmox_clusters as table
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_deeds import DeedRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from wakeful_collector.config import Settings

    from .....fakes.proxmox import FakeCluster, FakeClusters
    from .looks import Looks

PATIENCE_SECONDS = 30
NOW_MS = 1_795_000_000_000


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def turn(keeper: Keeper, settings: Settings, now_ms: int) -> None:
    """Take one turn, and wait for whatever it began."""
    keeper(settings.data, settings, now_ms)
    attendants = keeper._attendants[settings.data]
    until(lambda: not any(one.is_busy for one in attendants.values()))


def test_each_cluster_is_looked_at_when_it_is_time(
    settings: Settings, pve: FakeCluster, kept: Callable[..., Any]
) -> None:
    kept(pve, poll_seconds=10)
    keeper = Keeper()
    turn(keeper, settings, NOW_MS)
    turn(keeper, settings, NOW_MS + 1_000)  # the first look is followed by the one that reads closely
    count = len(pve.requests())
    turn(keeper, settings, NOW_MS + 5_000)
    assert len(pve.requests()) == count
    turn(keeper, settings, NOW_MS + 11_000)

    assert len(pve.requests()) == count + 2
    assert proxmox.standing(settings.data, "home").polled_ms == NOW_MS + 11_000


def test_one_that_hangs_or_is_away_costs_the_others_nothing(
    settings: Settings, pve: FakeCluster, pve_process: FakeClusters, kept: Callable[..., Any]
) -> None:
    other = pve_process.open()
    kept(pve, name="home")
    kept(other, name="lab")
    pve.flaky(hang_rate=1.0, hang_secs=15)
    pve.pace(1.0)
    keeper = Keeper()
    keeper(settings.data, settings, NOW_MS)
    until(lambda: proxmox.standing(settings.data, "lab").polled_ms == NOW_MS)

    assert proxmox.standing(settings.data, "home").polled_ms == 0
    other.close()


def test_somebody_who_asks_gets_all_looked_at_at_once(
    settings: Settings, pve: FakeCluster, kept: Callable[..., Any]
) -> None:
    pve.vm(100, "web", config={"description": "old"})
    kept(pve)
    keeper = Keeper()
    turn(keeper, settings, NOW_MS)
    turn(keeper, settings, NOW_MS + 1_000)
    pve.merge("config", {"description": "new"}, guest=100)
    with changing(settings.data) as connection:
        proxmox_estate.ask(connection, "home", NOW_MS + 2_000)
    turn(keeper, settings, NOW_MS + 3_000)

    assert proxmox.asked_ms(settings.data, "home") == 0
    assert proxmox.standing(settings.data, "home").surveyed_ms == NOW_MS + 3_000
    found = proxmox.guest(settings.data, "home", 100)
    assert found is not None
    assert found.config["description"] == "new"


def test_after_a_deed_its_guest_is_looked_at_at_once(
    settings: Settings, pve: FakeCluster, kept: Callable[..., Any]
) -> None:
    pve.vm(100, "web", status="running")
    kept(pve)
    keeper = Keeper()
    turn(keeper, settings, NOW_MS)
    turn(keeper, settings, NOW_MS + 1_000)
    with changing(settings.data) as connection:
        proxmox_deeds.add(connection, DeedRow("d1", "home", 100, "stop", "ann", NOW_MS))
        proxmox_deeds.change(connection, "d1", "asked", finished_ms=NOW_MS + 1_500, state="ok")
    count = len(pve.requests())
    turn(keeper, settings, NOW_MS + 2_000)
    assert "/nodes/pve1/qemu/100/status/current" in [one.path for one in pve.requests(count)]
    count = len(pve.requests())
    turn(keeper, settings, NOW_MS + 3_000)

    assert len(pve.requests()) == count


def test_failures_are_kept_and_the_pause_grows(looks: Looks, pve: FakeCluster) -> None:
    pve.stop()
    row = proxmox_clusters.cluster(looks.data, "home")
    assert row is not None
    dues = []
    for _ in range(6):
        looks.attendant.look(looks.data, row, NOW_MS)
        dues.append((looks.attendant._due_ms - NOW_MS) // 1000)

    assert dues == [10, 20, 40, 60, 60, 60]
    assert proxmox.standing(looks.data, "home").failed == "unreachable"
    pve.start()
    looks.attendant.look(looks.data, row, NOW_MS)
    assert looks.attendant.failures == 0
    assert proxmox.standing(looks.data, "home").failed == ""


def test_a_login_that_is_refused_is_tried_less_often(looks: Looks, pve: FakeCluster) -> None:
    pve.merge("apitokens", {pve.token_id: "another"})
    for _ in range(8):
        looks.once()

    assert proxmox.standing(looks.data, "home").failed == "auth"
    assert looks.attendant._due_ms - looks.now_ms == 300_000


def test_settings_that_were_changed_are_tried_at_once(
    settings: Settings, pve: FakeCluster, kept: Callable[..., Any]
) -> None:
    kept(pve, secret="0a1b2c3d-0000-4000-8000-000000000bad")
    keeper = Keeper()
    turn(keeper, settings, NOW_MS)
    assert proxmox.standing(settings.data, "home").failed == "auth"
    kept(pve)
    turn(keeper, settings, NOW_MS + 1_000)

    assert proxmox.standing(settings.data, "home").failed == ""


def test_a_clock_that_was_set_back_stops_nothing(
    settings: Settings, pve: FakeCluster, kept: Callable[..., Any]
) -> None:
    kept(pve)
    keeper = Keeper()
    turn(keeper, settings, NOW_MS)
    turn(keeper, settings, NOW_MS + 1_000)
    turn(keeper, settings, NOW_MS - 3_600_000)

    assert proxmox.standing(settings.data, "home").polled_ms == NOW_MS - 3_600_000


def test_a_cluster_that_was_removed_and_added_again_is_begun_anew(
    settings: Settings, pve: FakeCluster, pve_process: FakeClusters, kept: Callable[..., Any]
) -> None:
    pve.vm(100, "web")
    kept(pve)
    keeper = Keeper()
    turn(keeper, settings, NOW_MS)
    with changing(settings.data) as connection:
        table.remove(connection, "home")
        proxmox_estate.forget(connection, "home")
        proxmox_changes.forget(connection, "home")
    turn(keeper, settings, NOW_MS + 1_000)
    assert keeper._attendants[settings.data] == {}
    assert proxmox.clusters(settings.data) == []

    other = pve_process.open()
    other.vm(100, "another")
    kept(other)
    turn(keeper, settings, NOW_MS + 2_000)
    assert [one.name for one in proxmox.guests(settings.data, "home")] == ["another"]
    assert proxmox_history_is_empty(settings.data)
    other.close()


def proxmox_history_is_empty(data: Path) -> bool:
    from wakeful_collector.read import proxmox_history

    return proxmox_history.changes(data, "home").changes == []


def test_a_fault_of_ours_is_logged_and_what_was_remembered_is_let_go(
    looks: Looks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks.settle()

    def broken(*_: Any) -> int:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(writing, "keep", broken)
        looks.once()
    assert "home could not be looked at" in caplog.text
    assert looks.attendant.known is None
    looks.once()
    assert looks.attendant.failures == 0


def test_one_that_is_removed_while_it_is_looked_at(looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_data: Path, name: str) -> Any:
        raise opening.Unknown(name)

    monkeypatch.setattr(opening, "client", unknown)
    assert looks.once() == []
    assert looks.attendant.failures == 0


def test_a_secret_that_cannot_be_opened_is_told(data: Path, pve: FakeCluster, kept: Callable[..., Any]) -> None:
    kept(pve)
    with changing(data) as connection:
        connection.execute("UPDATE proxmox_clusters SET sealed = ''")
    row = proxmox_clusters.cluster(data, "home")
    assert row is not None
    Attendant().look(data, row, NOW_MS)

    found = proxmox.standing(data, "home")
    assert (found.failed, found.requests) == ("auth", 0)
    assert "secret" in found.error


def test_the_history_is_kept_within_bounds(settings: Settings, looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web")
    looks.settle()
    pve.forget(100)
    looks.once()
    assert looks.told() != []
    jobs = {one.name: one for one in JOBS}
    jobs["proxmox.upkeep"].run(settings.data, settings, looks.now_ms + 401 * 86_400_000)

    assert looks.told() == []
    assert proxmox.gone_guests(looks.data, "home") == []
    assert {"proxmox.sync", "proxmox.upkeep", "proxmox.joins"} == set(jobs)
    assert jobs["proxmox.sync"].interval_seconds == keeping.TURN_SECONDS
