"""A guest's configuration in groups."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.pages import config_rows

from .estate_data import GUESTS, guest


def test_settings_stand_in_their_groups_with_what_is_pending() -> None:
    found = dict(config_rows.groups(GUESTS[0]))
    names = {title: [one.name for one in settings] for title, settings in found.items()}
    assert names["Processor and memory"] == ["cores", "memory"]
    assert names["Disks"] == ["ide2", "scsi0"]
    assert names["Network"] == ["net0", "net1"]
    assert names["Cloud-init"] == ["cipassword", "sshkeys"]
    assert names["Everything else"] == ["name", "onboot"]
    memory = found["Processor and memory"][1]
    assert (memory.value, memory.is_pending, memory.pending) == ("4096", True, "8192")
    password = found["Cloud-init"][0]
    assert password.value == "set, and not shown"


def test_numbers_are_in_their_order() -> None:
    one = guest(1, "a", config={f"net{number}": "x" for number in (10, 2, 0)})
    assert [setting.name for setting in dict(config_rows.groups(one))["Network"]] == ["net0", "net2", "net10"]


def test_disks_that_can_grow() -> None:
    config = {
        "scsi1": "a:1",
        "scsi0": "a:0",
        "ide2": "none,media=cdrom",
        "ide0": "a:cloudinit",
        "unused0": "a:2",
        "efidisk0": "a:3",
        "memory": "1",
        "mp0": "a:4",
    }
    assert config_rows.disks(guest(1, "a", config=config)) == ["mp0", "scsi0", "scsi1"]
    assert config_rows.disks(guest(1, "a", kind="lxc", config={"rootfs": "a:0"})) == ["rootfs"]
