"""The sample cluster as it lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.demo import pve_estate
from wakeful_collector.demo.pve_world import TASKS_MAX, ended

from .pve_clock import END_SECONDS, later, world

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.demo.pve_world import World

__all__ = ["later", "world"]


def test_what_runs_uses_something_within_its_bounds_and_nothing_else_does(world: World) -> None:
    for one in world.guests.values():
        cpu, memory = world.usage(one, END_SECONDS)
        assert (memory > 0) is (one.status == "running")
        assert 0 <= cpu < 1
        assert memory <= int(one.config["memory"]) << 20
    assert {one.vmid for one in world.guests.values()} == {one.vmid for one in pve_estate.SAMPLES}


def test_counters_only_rise_and_rise_by_their_pace(world: World) -> None:
    one = world.guests[103]
    for what in range(4):
        counts = [world.moved(one, what, float(up)) for up in range(1_000, 3_000, 10)]
        assert counts == sorted(counts)
        pace = (counts[1] - counts[0]) / 10
        assert abs(pace - world.pace(one, what, 1_005.0)) < 0.1 * world.pace(one, what, 1_005.0)


def test_a_task_changes_something_once_its_time_is_over(world: World, later: Callable[[float], None]) -> None:
    happened: list[str] = []
    upid = world.begin("pve1", "qmstart", "103", "me@pve", done=lambda: happened.append("done"))
    task = world.task(upid)
    assert task is not None
    world.settle()
    assert (ended(task), happened) == (False, [])
    later(60)
    world.settle()
    world.settle()
    assert (ended(task), happened) == (True, ["done"])
    assert world.task("UPID:none") is None


def test_the_past_has_tasks_and_backups_and_old_tasks_go(world: World) -> None:
    assert len(world.tasks) == len(pve_estate.PAST)
    assert all(ended(task) for task in world.tasks)
    assert {one["vmid"] for one in world.backups} == {
        one.vmid for one in pve_estate.SAMPLES if one.backup_days is not None
    }
    for _ in range(TASKS_MAX + 5):
        world.begin("pve1", "qmstart", "103", "me@pve")
    assert len(world.tasks) == TASKS_MAX


def test_a_guest_may_have_the_network_card_of_a_machine() -> None:
    from wakeful_collector.demo.pve_world import World

    made = World(END_SECONDS, {103: "52:54:00:aa:bb:cc"})
    assert made.guests[103].config["net0"].startswith("virtio=52:54:00:AA:BB:CC,")
    assert made.guests[103].name == "shop"
    assert made.guests[110].name == "dns-1"
