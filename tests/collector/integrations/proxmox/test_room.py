from __future__ import annotations

from wakeful_collector.integrations.proxmox import jobs, operations, room
from wakeful_collector.rooms import INTEGRATIONS, REGISTRY


def test_the_room_is_listed_with_all_its_operations() -> None:
    assert room.ROOM in INTEGRATIONS
    assert room.ROOM.jobs == jobs.JOBS
    for one in operations.OPERATIONS:
        assert REGISTRY.get(one.name) is one
        assert one.name.startswith("proxmox.")
