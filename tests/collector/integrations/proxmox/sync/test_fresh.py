"""The status of guests that something was just done to, though the poll lags behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.sync import fresh

from .looks import paths

if TYPE_CHECKING:
    from .....fakes.proxmox import FakeCluster
    from .looks import Looks

STATUS = "/nodes/pve1/qemu/100/status/current"


def listed(pve: FakeCluster, status: str) -> None:
    """List the guest as the poll has it, whatever it is."""
    rows = [
        {"type": "node", "node": "pve1", "status": "online"},
        {"type": "qemu", "vmid": 100, "node": "pve1", "name": "web", "status": status},
    ]
    pve.answer("GET /cluster/resources", rows)


def test_a_touched_guest_is_read_at_once_and_a_poll_that_lags_is_no_change_back(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running")
    listed(pve, "running")
    looks.settle()
    pve.put("status", "stopped", guest=100)

    assert STATUS in paths(looks.once(1, touched=frozenset({100})))
    assert looks.guest(100).status == "stopped"
    assert STATUS not in paths(looks.once())  # the poll still says that it runs
    assert looks.guest(100).status == "stopped"
    listed(pve, "stopped")
    looks.once()
    listed(pve, "running")  # now it was started again, by somebody else
    looks.once()

    assert looks.told() == [("qemu/100", "status", "running", "stopped"), ("qemu/100", "status", "stopped", "running")]


def test_what_is_held_is_held_for_a_while_only(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="stopped")
    listed(pve, "running")
    looks.settle()
    looks.once(1, touched=frozenset({100}))
    assert looks.guest(100).status == "stopped"
    looks.once(fresh.HOLD_MS / 1000)

    assert looks.guest(100).status == "running"


def test_one_whose_status_cannot_be_had_is_as_the_poll_says(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="stopped")
    listed(pve, "running")
    looks.settle()
    pve.fail("GET", STATUS, 500, "no")
    looks.once(1, touched=frozenset({100, 999}))

    assert looks.guest(100).status == "running"


def test_the_settings_of_a_touched_guest_are_read_too(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", config={"description": "old"})
    looks.settle()
    pve.merge("config", {"description": "new"}, guest=100)
    looks.once(1, touched=frozenset({100}))

    assert looks.told() == [("qemu/100", "config.description", "old", "new")]
