"""The operations that look at clusters: what they are called, whom they are for."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.sync.operations import OPERATIONS


def test_looking_is_for_those_who_may_read_and_asking_to_look_for_those_who_may_operate() -> None:
    scopes = {one.name: one.scope for one in OPERATIONS}

    assert scopes.pop("proxmox.sync") == "operate"
    assert set(scopes.values()) == {"read"}
    assert set(scopes) == {
        f"proxmox.{name}"
        for name in (
            "nodes",
            "guests",
            "guest",
            "storage",
            "tasks",
            "task_log",
            "backups",
            "history",
            "diff",
            "standing",
        )
    }
    assert {one.danger for one in OPERATIONS} == {"none"}


def test_each_is_prepared_before_the_transaction() -> None:
    assert all(one.prepare is not None for one in OPERATIONS)
    assert all(one.arguments["additionalProperties"] is False for one in OPERATIONS)
