"""One guest or pool read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.declare import looking_again
from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.integrations.proxmox.link.errors import PveError

if TYPE_CHECKING:
    from .conftest import Desk


def test_a_guest_is_as_it_is_now(desk: Desk) -> None:
    estate = desk.look()
    client = opening.client(desk.data, "home")
    client.post("/nodes/pve1/qemu/101/config", name="front", cores="4", tags="a;b")
    client.post("/nodes/pve1/qemu/101/snapshot", snapname="mine")
    seen = looking_again.guest(client, estate, 101, clock.now_ms())
    guest = seen.estate.guest(101)
    assert (guest.name, guest.tags, guest.config["cores"], guest.wanted["cores"]) == ("front", ("a", "b"), "2", "4")
    assert [one.name for one in guest.snapshots] == ["mine"]
    assert len(seen.digest) == 40


def test_a_guest_that_is_new_or_gone_is_told(desk: Desk) -> None:
    estate = desk.look()
    client = opening.client(desk.data, "home")
    desk.pve.vm(102, "new")
    assert looking_again.guest(client, estate, 102, clock.now_ms()).estate.guest(102).name == "new"
    desk.pve.forget(101)
    assert looking_again.guest(client, estate, 101, clock.now_ms()).estate.guest(101) is None


def test_a_guest_that_cannot_be_seen_is_not_taken_for_gone(desk: Desk) -> None:
    estate = desk.look()
    client = opening.client(desk.data, "home")
    desk.pve.fail("GET", "/nodes/pve1/qemu/101/status/current", 403, "Permission check failed (/vms/101, VM.Audit)")
    with pytest.raises(PveError) as refused:
        looking_again.guest(client, estate, 101, clock.now_ms())
    assert refused.value.kind == "forbidden"


def test_a_pool_is_read_with_its_members(desk: Desk) -> None:
    estate = desk.look()
    client = opening.client(desk.data, "home")
    assert looking_again.pool(client, estate, "prod").pools == ()
    client.post("/pools", poolid="prod", comment="x")
    client.put("/pools/prod", vms="101", storage="local-lvm")
    found = looking_again.pool(client, estate, "prod")
    assert [(one.id, one.config) for one in found.pools] == [("prod", {"comment": "x", "storages": "local-lvm"})]
    assert found.guest(101).pool == "prod"
    client.put("/pools/prod", vms="101", delete=1)
    assert looking_again.pool(client, found, "prod").guest(101).pool == ""
