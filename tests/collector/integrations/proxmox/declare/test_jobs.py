"""The job that takes up approved plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.declare import jobs
from wakeful_collector.read import proxmox_applies as applies
from wakeful_collector.store import proxmox_applies as table
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from .conftest import Desk


def keep(desk: Desk, apply_id: str, cluster: str = "home", state: str = "asked") -> None:
    row = table.ApplyRow(apply_id, "user:ada", clock.now_ms(), "d", "", (), (("a", "x"),), {})
    with changing(desk.data) as connection:
        table.add(connection, row, [{"number": 1, "cluster": cluster}])
        table.change(connection, apply_id, ("asked",), state=state)


def test_one_is_carried_out_at_a_time_for_each_cluster(desk: Desk) -> None:
    held = Held()
    held(desk)
    keep(desk, "b2")
    keep(desk, "c3", "lab")
    desk.applier(desk.data, desk.settings, clock.now_ms())
    assert applies.apply(desk.data, "b2").state == "asked"
    assert desk.ended("c3")["state"] == "refused"
    held.let_go(desk)
    assert desk.ended("b2")["state"] == "refused"


class Held:
    """An apply that runs until it is let go."""

    def __call__(self, desk: Desk) -> None:
        keep(desk, "a1", state="running")
        desk.applier._threads[desk.data, "a1"] = self.thread = Forever()

    def let_go(self, desk: Desk) -> None:
        with changing(desk.data) as connection:
            table.change(connection, "a1", ("running",), state="ok")
        self.thread.alive = False


class Forever:
    alive = True

    def is_alive(self) -> bool:
        return self.alive


def test_what_waited_too_long_is_not_begun(desk: Desk) -> None:
    Held()(desk)
    keep(desk, "b2")
    now_ms = clock.now_ms()
    desk.applier(desk.data, desk.settings, now_ms)
    desk.applier(desk.data, desk.settings, now_ms + jobs.BEGINS_WITHIN_SECONDS * 1000 + 1)
    row = applies.apply(desk.data, "b2")
    assert (row.state, "nothing was done" in row.summary) == ("refused", True)


def test_what_was_stopped_before_it_began_is_not_begun(desk: Desk) -> None:
    keep(desk, "a1")
    with changing(desk.data) as connection:
        table.change(connection, "a1", ("asked",), stopped_by="user:eve")
    desk.applier(desk.data, desk.settings, clock.now_ms())
    assert applies.apply(desk.data, "a1").summary == "stopped before it began"


def test_the_jobs_have_names_of_their_own() -> None:
    assert [one.name for one in jobs.JOBS] == ["proxmox.applies", "proxmox.reconcile"]


def test_what_was_approved_while_no_worker_ran_is_not_begun_days_later(desk: Desk) -> None:
    row = table.ApplyRow("a1", "user:ada", clock.now_ms() - 3 * 86_400_000, "d", "", (), (("a", "x"),), {})
    with changing(desk.data) as connection:
        table.add(connection, row, [{"number": 1, "cluster": "home"}])
    desk.applier(desk.data, desk.settings, clock.now_ms())
    found = applies.apply(desk.data, "a1")
    assert (found.state, "nothing was done" in found.summary) == ("refused", True)
