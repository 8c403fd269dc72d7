"""What the sample cluster answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.demo import pve_answers
from wakeful_collector.demo.pve_answers import Refused, answer

from .pve_clock import END_SECONDS, later, world

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.demo.pve_world import World

__all__ = ["later", "world"]


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/cluster/status", 3),
        ("/cluster/resources", 20),
        ("/cluster/tasks", 8),
        ("/cluster/backup", 1),
        ("/cluster/backup-info/not-backed-up", 1),
        ("/cluster/ha/resources", 0),
        ("/cluster/replication", 0),
        ("/pools", 1),
        ("/storage", 3),
        ("/nodes/pve1/qemu", 5),
        ("/nodes/pve1/network", 2),
        ("/nodes/pve2/tasks", 4),
        ("/nodes/pve1/storage/nas/content", 63),
        ("/nodes/pve1/storage/local/content", 1),
        ("/nodes/pve2/storage/local-zfs/content", 5),
        ("/nodes/pve1/qemu/100/snapshot", 2),
        ("/nodes/pve1/qemu/103/snapshot", 1),
        ("/nodes/pve1/qemu/103/rrddata", 70),
        ("/nodes/pve1/rrddata", 70),
        ("/nodes/pve1/lxc/110/interfaces", 1),
    ],
)
def test_lists(world: World, path: str, count: int) -> None:
    assert len(answer(world, path, {})) == count


def test_single_answers(world: World) -> None:
    assert answer(world, "/version", {})["version"] == "9.0.10"
    assert answer(world, "/access/permissions", {})["/"]["VM.Audit"] == 1
    assert answer(world, "/cluster/nextid", {}) == "108"
    assert answer(world, "/pools/shop", {})["comment"]
    assert answer(world, "/nodes/pve1/status", {})["cpuinfo"]["cpus"] == 16
    config = answer(world, "/nodes/pve1/qemu/103/config", {})
    assert config["name"] == "shop"
    assert len(config["digest"]) == 40
    pending = {row["key"]: row["value"] for row in answer(world, "/nodes/pve1/qemu/103/pending", {})}
    assert pending == config
    assert answer(world, "/nodes/pve1/qemu/103/status/current", {})["status"] == "running"
    assert {row["type"] for row in answer(world, "/cluster/resources", {"type": "vm"})} == {"qemu", "lxc"}


def test_a_lock_is_listed(world: World) -> None:
    world.guests[103].lock = "backup"
    assert answer(world, "/nodes/pve1/qemu/103/status/current", {})["lock"] == "backup"


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("/nothing", 501, "not implemented"),
        ("/nodes/pve1/qemu/999/config", 500, "nodes/pve1/qemu-server/999.conf' does not exist"),
        ("/nodes/pve2/qemu/103/config", 500, "does not exist"),
        ("/nodes/pve1/lxc/999/config", 500, "nodes/pve1/lxc/999.conf' does not exist"),
        ("/nodes/pve1/tasks/UPID:none/status", 400, "Parameter verification failed."),
    ],
)
def test_what_is_refused(world: World, path: str, status: int, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        answer(world, path, {})
    assert refused.value.status == status
    assert reason in refused.value.reason


def test_a_task_is_told_while_it_runs_and_after(world: World, later: Callable[[float], None]) -> None:
    upid = world.begin("pve1", "vzdump", "103", "me@pve")
    where = f"/nodes/pve1/tasks/{upid}"
    later(10)
    assert answer(world, f"{where}/status", {})["status"] == "running"
    lines: list[dict[str, Any]] = answer(world, f"{where}/log", {})
    assert "40% of the disk" in lines[-1]["t"]
    assert answer(world, f"{where}/log", {"start": "2", "limit": "1"}) == lines[2:3]
    later(60)
    assert answer(world, f"{where}/status", {})["exitstatus"] == "OK"
    assert answer(world, f"{where}/log", {})[-1]["t"] == "TASK OK"
    failed = next(one for one in world.tasks if one.status.startswith("job errors"))
    assert answer(world, f"/nodes/pve1/tasks/{failed.upid}/log", {})[-1]["t"].startswith("TASK ERROR: job errors")
    since = str(int(END_SECONDS) - 5)
    assert [row["type"] for row in answer(world, "/nodes/pve1/tasks", {"since": since, "vmid": "103"})] == ["vzdump"]


def test_the_past_of_what_does_not_run_is_still(world: World) -> None:
    rows = answer(world, "/nodes/pve2/qemu/105/rrddata", {"timeframe": "day"})
    assert {row["netin"] for row in rows} == {0.0}
    assert rows[1]["time"] - rows[0]["time"] == 1_800
    assert pve_answers.VERSION
