"""What the worker remembers, and what one that was started anew finds in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.sync import known

if TYPE_CHECKING:
    from pathlib import Path

    from .....fakes.proxmox import FakeCluster
    from .looks import Looks


def test_what_is_found_is_what_was_remembered(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"cores": 2})
    pve.ct(200, "db")
    pve.answer("GET /cluster/backup", [{"id": "nightly"}])
    pve.answer("GET /nodes/pve1/storage/local/content", [{"volid": "local:iso/a.iso", "content": "iso"}])
    looks.settle()
    remembered = looks.attendant.known
    assert remembered is not None

    found = known.load(looks.data, "home")

    assert found.things() == remembered.things()
    assert {("guest", "qemu/100"), ("contents", "content/pve1/local"), ("backup_job", "nightly")} <= set(found.things())
    assert found.usage == remembered.usage
    assert found.permissions == remembered.permissions
    assert {name: one.state for name, one in found.areas.items()} == {
        name: one.state for name, one in remembered.areas.items()
    }
    assert (found.polled_ms, found.surveyed_ms, found.version, found.quorate) == (
        remembered.polled_ms,
        remembered.surveyed_ms,
        remembered.version,
        remembered.quorate,
    )


def test_a_worker_started_anew_goes_on_where_the_last_one_was(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running")
    looks.settle()
    looks.again()
    pve.put("status", "stopped", guest=100)
    looks.once()

    assert looks.told() == [("qemu/100", "status", "running", "stopped")]


def test_nothing_is_known_of_a_cluster_that_was_never_seen(data: Path) -> None:
    assert known.load(data, "home").things() == {}
