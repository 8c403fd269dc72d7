"""Where a guest is not as declared, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.proxmox.declare import differences
from wakeful_collector.integrations.proxmox.declare.wished import CONTAINER, VM, GuestWish, Value
from wakeful_collector.model.estate import Guest

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.declare.differences import Difference


def differing(config: dict[str, str], kind: str = VM, running: bool = True, **values: Value) -> list[Difference]:
    wish = GuestWish("home", kind, 101, values)
    guest = Guest("home", 101, wish.guest_kind, config=config)
    return differences.of(wish, guest, running)


def one(config: dict[str, str], kind: str = VM, running: bool = True, **values: Value) -> Difference:
    [found] = differing(config, kind, running, **values)
    return found


DISK = {"scsi0": "local-lvm:vm-101-disk-0,size=32G,ssd=1"}
CARD = {"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,future=x"}


@pytest.mark.parametrize(
    ("config", "values"),
    [
        ({"cores": "2"}, {"cores": "2"}),
        ({}, {"cores": "1"}),
        ({}, {"onboot": "0", "description": "", "tags": ""}),
        ({"onboot": "0"}, {"onboot": None}),
        ({"memory": "current=2048"}, {"memory": "2048"}),
        ({"tags": "web;a"}, {"tags": "a;web"}),
        ({"description": "x\n"}, {"description": "x"}),
        ({"agent": "1"}, {"agent": {"enabled": "1", "type": "virtio"}}),
        ({}, {"agent": {"enabled": "0"}}),
        ({}, {"agent": {"enabled": None}}),
        ({}, {"net1": None}),
        (CARD, {"net0": {"bridge": "vmbr0", "firewall": "0", "tag": None, "model": "virtio"}}),
        (DISK, {"scsi0": {"storage": "local-lvm", "size": "32G", "format": "raw", "cache": "none"}}),
        ({"ide2": "local-lvm:vm-101-cloudinit,media=cdrom"}, {"ide2": {"volume": "local-lvm:cloudinit"}}),
    ],
)
def test_what_means_the_same_is_no_difference(config: dict[str, str], values: dict[str, Value]) -> None:
    assert differing(config, **values) == []


def test_what_nobody_named_stays_as_it_is() -> None:
    found = one(CARD, net0={"tag": "5", "firewall": "1"})
    assert found.text == "virtio=BC:24:11:00:00:01,bridge=vmbr0,future=x,tag=5,firewall=1"
    assert found.old == {"net0.tag": None, "net0.firewall": "0"}
    assert found.new == {"net0.tag": "5", "net0.firewall": "1"}
    found = one({"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5"}, net0={"tag": None})
    assert (found.text, found.new) == ("virtio=BC:24:11:00:00:01,bridge=vmbr0", {"net0.tag": None})


@pytest.mark.parametrize(
    ("config", "values", "effect"),
    [
        ({}, {"name": "x"}, "live"),
        ({}, {"cores": "2"}, "reboot"),
        ({}, {"memory": "1024"}, "reboot"),
        ({"hotplug": "memory,cpu"}, {"memory": "1024"}, "reboot"),
        ({"hotplug": "memory,cpu", "numa": "1"}, {"memory": "1024"}, "live"),
        (CARD, {"net0": {"tag": "5"}}, "live"),
        ({**CARD, "hotplug": "0"}, {"net0": {"tag": "5"}}, "reboot"),
        ({}, {"scsi1": {"storage": "a1", "size": "4G"}}, "live"),
        ({}, {"sata1": {"storage": "a1", "size": "4G"}}, "reboot"),
        (DISK, {"scsi0": {"cache": "writeback"}}, "reboot"),
        (DISK, {"scsi0": {"mbps": "10", "backup": "0"}}, "live"),
        (DISK, {"scsi0": {"size": "40G"}}, "live"),
        (DISK, {"scsi0": None}, "destroys"),
        ({"ide2": "none,media=cdrom"}, {"ide2": None}, "reboot"),
        ({"ide2": "none,media=cdrom"}, {"ide2": {"volume": "local:iso/x.iso"}}, "live"),
    ],
)
def test_a_running_vm_takes_some_changes_and_needs_a_reboot_for_others(
    config: dict[str, str], values: dict[str, Value], effect: str
) -> None:
    assert one(config, **values).effect == effect
    stopped = one(config, running=False, **values).effect
    assert stopped == ("destroys" if effect == "destroys" else "live")


@pytest.mark.parametrize(
    ("config", "values", "effect"),
    [
        ({}, {"memory": "1024"}, "live"),
        ({}, {"nameserver": "10.0.0.1"}, "reboot"),
        ({}, {"mp0": {"storage": "a1", "size": "4G", "mp": "/x"}}, "live"),
        ({"mp0": "a1:x,mp=/x,size=4G"}, {"mp0": {"backup": "1"}}, "reboot"),
        ({"mp0": "a1:x,mp=/x,size=4G"}, {"mp0": None}, "destroys"),
        ({"mp0": "/srv,mp=/x"}, {"mp0": None}, "reboot"),
        ({"net0": "name=eth0"}, {"net0": {"ip": "dhcp"}}, "live"),
    ],
)
def test_a_running_container_does_too(config: dict[str, str], values: dict[str, Value], effect: str) -> None:
    assert one(config, CONTAINER, **values).effect == effect


def test_a_disk_grows_and_moves_apart_from_its_settings() -> None:
    found = one(DISK, scsi0={"size": "40G", "storage": "ceph", "ssd": "0"})
    assert (found.grow, found.move, found.writes) == ("40G", "ceph", True)
    assert found.text == "local-lvm:vm-101-disk-0,size=32G,ssd=0"
    found = one(DISK, scsi0={"size": "40G"})
    assert (found.grow, found.move, found.writes, found.text) == ("40G", "", False, None)


@pytest.mark.parametrize(
    ("config", "kind", "values", "said"),
    [
        (DISK, VM, {"scsi0": {"size": "16G"}}, "would shrink from 32G to 16G"),
        (DISK, VM, {"scsi0": {"volume": "ceph:other"}}, "holds another volume"),
        (DISK, VM, {"scsi0": {"size": None}}, "cannot be without a size"),
        ({"scsi0": "a1:x"}, VM, {"scsi0": {"size": "4G"}}, "nobody knows how large"),
        ({"ide2": "none,media=cdrom"}, VM, {"ide2": {"size": "4G"}}, "a drive is on no storage"),
        ({"mp0": "/srv,mp=/x,size=4G"}, CONTAINER, {"mp0": {"storage": "a1"}}, "a directory of the node"),
        ({}, VM, {"scsi0": {"size": "4G"}}, "needs a storage"),
        ({}, VM, {"scsi0": {"storage": "a1"}}, "needs a size"),
        ({}, VM, {"net0": {"bridge": "vmbr0"}}, "needs a model"),
        ({}, CONTAINER, {"net0": {"bridge": "vmbr0"}}, "needs a name"),
        ({}, CONTAINER, {"mp0": {"volume": "/srv"}}, "needs mp"),
        ({}, VM, {"agent": {"type": "isa"}}, "needs enabled"),
        ({"unprivileged": "1"}, CONTAINER, {"unprivileged": "0"}, "when a guest is made"),
    ],
)
def test_what_cannot_be_is_said_with_the_way_out(
    config: dict[str, str], kind: str, values: dict[str, Value], said: str
) -> None:
    found = one(config, kind, **values)
    assert said in found.refusal
    assert found.hint


def test_new_devices_are_written_as_proxmox_takes_them() -> None:
    wish = GuestWish(
        "home",
        VM,
        101,
        {
            "cores": "2",
            "net1": None,
            "scsi0": {"storage": "a1", "size": "32G", "ssd": "1"},
            "scsi1": {"storage": "a1", "size": "8G", "import-from": "local:import/x.qcow2"},
            "scsi2": {"volume": "a1:vm-9-disk-1", "storage": "a1"},
            "unknown": "x",
        },
    )
    found = {one.key: (one.text, one.grow) for one in differences.fresh(wish)}
    assert found == {
        "cores": ("2", ""),
        "scsi0": ("a1:32,ssd=1", ""),
        "scsi1": ("a1:0,import-from=local:import/x.qcow2", "8G"),
        "scsi2": ("a1:vm-9-disk-1", ""),
    }


def test_what_is_taken_away_is_deleted() -> None:
    assert (one({"cpulimit": "2"}, cpulimit=None).text, one({"cpulimit": "2"}, cpulimit=None).new) == (
        None,
        {"cpulimit": "0"},
    )
    assert one({"description": "x"}, description="").text is None
    assert differing({}, unknown="x") == []
    assert differing({}, net0="text", cores={"a": "b"}) == []
