"""What the worker takes up, in which order, and what it does not begin any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.acting import jobs
from wakeful_collector.read import proxmox_deeds as deeds
from wakeful_collector.store import proxmox_applies as applies
from wakeful_collector.store.changes import changing

from .conftest import end_task
from .rows import written

if TYPE_CHECKING:
    import pytest

    from wakeful_collector.store.proxmox_deeds import DeedRow

    from .....fakes.proxmox import FakeCluster
    from .conftest import Desk

MINUTE_MS = 60_000


def now(desk: Desk, row: DeedRow) -> DeedRow:
    found = deeds.deed(desk.data, row.id)
    assert found is not None
    return found


def test_one_deed_at_a_time_for_each_guest(pve: FakeCluster, desk: Desk) -> None:
    pve.pace(1.0)
    for vmid in (101, 102):
        pve.vm(vmid, "web")
        pve.put("start_secs", 10_000, guest=vmid)
    first, second = written(desk.data), written(desk.data, "stop")
    other = written(desk.data, vmid=102)
    running = desk.until(first.id, lambda row: bool(row.upid))
    desk.until(other.id, lambda row: bool(row.upid))
    waits = now(desk, second)
    assert (waits.state, waits.note) == ("asked", "it waits: something else is being done to this guest")
    assert waits.queued_ms is not None
    assert desk.ask("proxmox.deed", id=second.id)["deed"]["note"] == waits.note
    end_task(pve, running.upid, "OK")
    pve.put("lock_holder", None, guest=101)
    pve.pace(0)
    assert desk.until(second.id, lambda row: not row.is_open).state == "ok"
    end_task(pve, now(desk, other).upid, "OK")
    desk.until(other.id, lambda row: not row.is_open)


def test_a_step_of_a_plan_goes_first(pve: FakeCluster, desk: Desk) -> None:
    pve.vm(101, "web")
    plan = applies.ApplyRow("p1", "user:ada", 1_000, "d", "home", (), (), {})
    with changing(desk.data) as connection:
        applies.add(connection, plan, [{"number": 1, "cluster": "home", "guest": 101, "kind": "change"}])
        assert applies.change(connection, "p1", ("asked",), state="running")
        applies.change_step(connection, "p1", 1, state="running")
    row = written(desk.data)
    desk.turn()
    assert (now(desk, row).state, now(desk, row).note) == (
        "asked",
        "it waits: something else is being done to this guest",
    )
    with changing(desk.data) as connection:
        applies.change_step(connection, "p1", 1, state="ok")
    assert desk.until(row.id, lambda found: not found.is_open).state == "ok"


def test_a_bounded_number_runs_at_once(pve: FakeCluster, desk: Desk) -> None:
    pve.pace(1.0)
    count = jobs.RUNNING_MAX + 1
    for vmid in range(1_000, 1_000 + count):
        pve.vm(vmid, "web")
        pve.put("start_secs", 10_000, guest=vmid)
    rows = [written(desk.data, vmid=1_000 + at) for at in range(count)]
    for row in rows[:-1]:
        desk.until(row.id, lambda found: bool(found.upid))
    assert (now(desk, rows[-1]).state, now(desk, rows[-1]).note) == (
        "asked",
        f"it waits: {jobs.RUNNING_MAX} deeds are under way",
    )
    for row in rows[:-1]:
        end_task(pve, now(desk, row).upid, "OK")
    last = desk.until(rows[-1].id, lambda found: bool(found.upid))
    end_task(pve, last.upid, "OK")
    for row in rows:
        desk.until(row.id, lambda found: not found.is_open)


def test_what_nobody_expects_any_more_is_not_begun(pve: FakeCluster, desk: Desk) -> None:
    pve.vm(101, "web")
    now_ms = clock.now_ms()
    old = written(desk.data, asked_ms=now_ms - 6 * MINUTE_MS)
    queued = written(desk.data, asked_ms=now_ms - 60 * MINUTE_MS, queued_ms=now_ms - MINUTE_MS)
    ahead = written(desk.data, vmid=102, asked_ms=now_ms + 6 * MINUTE_MS)
    desk.until(queued.id, lambda row: not row.is_open)
    assert (now(desk, old).state, now(desk, old).summary) == (
        "refused",
        "no worker took it up in time: nothing was done, ask again",
    )
    assert now(desk, queued).state == "ok"
    assert now(desk, ahead).state == "refused"
    assert "the clock was set back" in now(desk, ahead).summary


def test_old_deeds_are_dropped_and_open_ones_kept(desk: Desk) -> None:
    now_ms = clock.now_ms()
    old = written(desk.data, state="ok", asked_ms=now_ms - 401 * 86_400_000)
    waits = written(desk.data, asked_ms=now_ms - 401 * 86_400_000)
    kept = written(desk.data, state="ok")
    upkeep = next(job for job in jobs.JOBS if job.name == "proxmox.deeds_upkeep")
    upkeep.run(desk.data, desk.settings, now_ms)
    assert deeds.deed(desk.data, old.id) is None
    assert [one.id for one in deeds.deeds(desk.data).deeds] == [kept.id, waits.id]


def test_a_step_that_begins_at_the_last_moment_goes_first(
    pve: FakeCluster, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was under way when the job looked; the step says that it begins before the deed does."""
    pve.vm(101, "web")
    row = written(desk.data)
    looks = iter([set(), {("home", 101)}])
    monkeypatch.setattr(jobs, "_by_plans", lambda _data: next(looks))
    desk.turn()
    assert (now(desk, row).state, pve.writes()) == ("asked", [])
