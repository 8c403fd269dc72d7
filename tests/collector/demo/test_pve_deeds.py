"""What can be done to the sample cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.demo.pve_answers import Refused, config_of
from wakeful_collector.demo.pve_deeds import perform
from wakeful_collector.demo.pve_estate import GIB

from .pve_clock import later, world

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.demo.pve_world import World

__all__ = ["later", "world"]
SHOP = "/nodes/pve1/qemu/103"
DNS = "/nodes/pve1/lxc/110"
ME = "me@pve"


@pytest.mark.parametrize(
    ("path", "verb", "status"),
    [
        (SHOP, "shutdown", "stopped"),
        (SHOP, "stop", "stopped"),
        (SHOP, "suspend", "paused"),
        (SHOP, "reboot", "running"),
        ("/nodes/pve2/qemu/105", "start", "running"),
        (DNS, "stop", "stopped"),
    ],
)
def test_power(world: World, later: Callable[[float], None], path: str, verb: str, status: str) -> None:
    upid = perform(world, "POST", f"{path}/status/{verb}", {}, ME)
    one = world.guests[int(path.rsplit("/", 1)[1])]
    assert upid.startswith("UPID:")
    later(60)
    world.settle()
    assert one.status == status


def test_snapshots_come_go_and_are_gone_back_to(world: World, later: Callable[[float], None]) -> None:
    one = world.guests[103]
    perform(world, "POST", f"{SHOP}/snapshot", {"snapname": "a", "description": "why", "vmstate": "1"}, ME)
    later(60)
    world.settle()
    perform(world, "POST", f"{SHOP}/snapshot", {"snapname": "b"}, ME)
    later(120)
    world.settle()
    assert [(row["name"], row.get("parent"), row.get("vmstate")) for row in one.snapshots] == [
        ("a", None, 1),
        ("b", "a", None),
    ]
    with pytest.raises(Refused, match="already used"):
        perform(world, "POST", f"{SHOP}/snapshot", {"snapname": "a"}, ME)
    perform(world, "POST", f"{SHOP}/snapshot/a/rollback", {}, ME)
    later(180)
    world.settle()
    assert (one.status, one.config["parent"]) == ("stopped", "a")
    with pytest.raises(Refused, match="does not exist"):
        perform(world, "POST", f"{SHOP}/snapshot/c/rollback", {}, ME)
    perform(world, "DELETE", f"{SHOP}/snapshot/a", {}, ME)
    later(240)
    world.settle()
    assert [row["name"] for row in one.snapshots] == ["b"]
    assert "parent" not in one.config


def test_a_copy_is_a_guest_of_its_own(world: World, later: Callable[[float], None]) -> None:
    perform(world, "POST", "/nodes/pve1/qemu/900/clone", {"newid": "300", "name": "fresh", "target": "pve2"}, ME)
    perform(world, "POST", f"{DNS}/clone", {"newid": "301"}, ME)
    later(60)
    world.settle()
    fresh, copy = world.guests[300], world.guests[301]
    assert (fresh.name, fresh.node, fresh.status) == ("fresh", "pve2", "stopped")
    assert "template" not in fresh.config
    assert fresh.config["scsi0"].startswith("local-zfs:vm-300-disk-0")
    assert fresh.config["net0"] != world.guests[900].config["net0"]
    assert copy.name == "copy-of-dns-1"
    with pytest.raises(Refused, match="already exists"):
        perform(world, "POST", f"{SHOP}/clone", {"newid": "300"}, ME)


def test_what_takes_long_locks_the_guest_meanwhile(world: World, later: Callable[[float], None]) -> None:
    perform(world, "POST", f"{SHOP}/migrate", {"target": "pve2"}, ME)
    with pytest.raises(Refused, match=r"locked \(migrate\)"):
        perform(world, "POST", f"{SHOP}/status/stop", {}, ME)
    perform(world, "POST", "/nodes/pve1/vzdump", {"vmid": "110", "protected": "1"}, ME)
    assert world.guests[110].lock == "backup"
    later(60)
    world.settle()
    assert (world.guests[103].node, world.guests[103].lock, world.guests[110].lock) == ("pve2", "", "")
    assert world.backups[-1]["volid"].startswith("nas:backup/vzdump-lxc-110-")
    perform(world, "POST", "/nodes/pve2/vzdump", {"vmid": "103"}, ME)
    later(120)
    world.settle()
    assert world.backups[-1]["format"] == "vma.zst"
    with pytest.raises(Refused, match="no such guest"):
        perform(world, "POST", "/nodes/pve1/vzdump", {"vmid": "103"}, ME)


def test_settings_change_only_by_the_right_digest(world: World) -> None:
    one = world.guests[103]
    digest = config_of(one)["digest"]
    assert (
        perform(world, "PUT", f"{SHOP}/config", {"cores": "6", "delete": "onboot,tags", "digest": digest}, ME) is None
    )
    assert one.config["cores"] == "6"
    assert "onboot" not in one.config
    with pytest.raises(Refused, match="checksum mismatch"):
        perform(world, "POST", f"{SHOP}/config", {"cores": "8", "digest": digest}, ME)


def test_disks_only_grow(world: World, later: Callable[[float], None]) -> None:
    one = world.guests[103]
    before = one.disk_bytes
    perform(world, "PUT", f"{SHOP}/resize", {"disk": "scsi0", "size": "+8G"}, ME)
    later(60)
    world.settle()
    assert one.disk_bytes == before + 8 * GIB
    assert f"size={one.disk_bytes // GIB}G" in one.config["scsi0"]
    with pytest.raises(Refused, match="shrinking"):
        perform(world, "PUT", f"{SHOP}/resize", {"disk": "scsi0", "size": "1G"}, ME)
    with pytest.raises(Refused, match="verification"):
        perform(world, "PUT", f"{SHOP}/resize", {"disk": "sata9", "size": "100G"}, ME)


def test_only_what_stands_still_and_is_not_protected_is_deleted(world: World, later: Callable[[float], None]) -> None:
    with pytest.raises(Refused, match="is running"):
        perform(world, "DELETE", SHOP, {}, ME)
    world.guests[104].status = "stopped"
    with pytest.raises(Refused, match="protection mode"):
        perform(world, "DELETE", "/nodes/pve2/qemu/104", {}, ME)
    perform(world, "DELETE", "/nodes/pve2/qemu/105", {}, ME)
    later(60)
    world.settle()
    assert 105 not in world.guests
    with pytest.raises(Refused, match="not running"):
        perform(world, "POST", "/nodes/pve2/lxc/112/status/shutdown", {}, ME)
    with pytest.raises(Refused, match="not implemented"):
        perform(world, "DELETE", "/nodes/pve1", {}, ME)


def test_guests_are_made_and_backups_take_their_place_only_by_force(
    world: World, later: Callable[[float], None]
) -> None:
    form = {"vmid": "200", "name": "new", "scsi0": "local-zfs:20", "start": "1", "net0": "virtio,bridge=vmbr0"}
    assert ":qmcreate:200:" in perform(world, "POST", "/nodes/pve1/qemu", form, ME)
    perform(world, "POST", "/nodes/pve2/lxc", {"vmid": "201", "hostname": "box", "ostemplate": "local:vztmpl/x"}, ME)
    later(60)
    world.settle()
    made, box = world.guests[200], world.guests[201]
    assert (made.name, made.status, made.disk_bytes) == ("new", "running", 20 * GIB)
    assert (box.name, box.status, box.disk_bytes) == ("box", "stopped", 8 * GIB)
    with pytest.raises(Refused, match="already exists"):
        perform(world, "POST", "/nodes/pve1/qemu", form, ME)
    archive = {"vmid": "103", "archive": "nas:backup/x", "force": "1"}
    assert ":qmrestore:103:" in perform(world, "POST", "/nodes/pve1/qemu", archive, ME)
    later(120)
    world.settle()
    assert world.guests[103].name == "shop"
