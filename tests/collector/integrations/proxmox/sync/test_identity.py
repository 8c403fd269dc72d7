"""Which guest a guest is."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.sync import identity
from wakeful_collector.model.estate import Guest

UUID = "9F1B4B2E-3C5D-4E6F-8A7B-0C1D2E3F4A5B"


def vm(**config: str) -> Guest:
    return Guest("home", 100, "qemu", name="web", config=config)


def ct(name: str = "db", **config: str) -> Guest:
    return Guest("home", 200, "lxc", name=name, config=config)


@pytest.mark.parametrize(
    ("guest", "mark"),
    [
        (vm(meta="creation-qemu=9.0.2,ctime=1700000000", smbios1=f"uuid={UUID}"), "ctime:1700000000"),
        (vm(smbios1=f"uuid={UUID},base64=1"), "uuid:9f1b4b2e3c5d4e6f8a7b0c1d2e3f4a5b"),
        (vm(net0="virtio=BC:24:11:00:00:01,bridge=vmbr0"), "mac:bc:24:11:00:00:01"),
        (ct(net0="name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:02", rootfs="l:v,size=8G"), "mac:bc:24:11:00:00:02"),
        (ct(rootfs="local-lvm:vm-200-disk-0,size=8G"), "volume:local-lvm:vm-200-disk-0"),
        (ct(arch="amd64"), "name:db"),
        (vm(), ""),
    ],
)
def test_the_mark_is_the_best_there_is(guest: Guest, mark: str) -> None:
    assert identity.mark(guest) == mark


def seen(known: Guest) -> Guest:
    return Guest(known.cluster, known.vmid, known.kind, identity.mark(known), known.name, config=known.config)


@pytest.mark.parametrize(
    ("known", "now", "same"),
    [
        (vm(meta="ctime=1"), vm(meta="ctime=1", cores="2"), True),
        (vm(meta="ctime=1"), vm(meta="ctime=2"), False),
        (vm(smbios1=f"uuid={UUID}"), vm(smbios1="uuid=00000000-3c5d-4e6f-8a7b-0c1d2e3f4a5b"), False),
        (vm(smbios1=f"uuid={UUID}"), vm(smbios1=f"uuid={UUID}", meta="ctime=5"), True),
        (ct(net0="hwaddr=BC:24:11:00:00:02", rootfs="l:a"), ct(net0="hwaddr=BC:24:11:00:00:03", rootfs="l:a"), True),
        (
            ct(net0="hwaddr=BC:24:11:00:00:02", rootfs="l:a"),
            ct("x", net0="hwaddr=BC:24:11:00:00:03", rootfs="l:b"),
            False,
        ),
        (ct(rootfs="l:a"), ct("x"), True),
        (ct(rootfs="l:a"), Guest("home", 200, "qemu", config={"cores": "1"}), False),
    ],
)
def test_it_is_another_only_when_its_marks_say_so(known: Guest, now: Guest, same: bool) -> None:
    assert identity.is_same(seen(known), now) is same


def test_cards_come_in_the_order_of_their_numbers() -> None:
    config = {"net10": "virtio=BC:24:11:00:00:0A", "net2": "e1000=BC:24:11:00:00:02,tag=5", "net0": "virtio"}

    assert list(identity.macs(config)) == ["bc:24:11:00:00:02", "bc:24:11:00:00:0a"]
