"""Property strings: read into parts and written back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.integrations.proxmox.declare import forms, properties


@pytest.mark.parametrize(
    ("text", "form", "parts"),
    [
        (
            "virtio=BC:24:11:00:00:01,bridge=vmbr0",
            forms.NIC,
            {"model": "virtio", "macaddr": "BC:24:11:00:00:01", "bridge": "vmbr0"},
        ),
        ("model=virtio,macaddr=BC:24:11:00:00:01", forms.NIC, {"model": "virtio", "macaddr": "BC:24:11:00:00:01"}),
        ("virtio,bridge=vmbr0", forms.NIC, {"model": "virtio", "bridge": "vmbr0"}),
        ("local-lvm:vm-1-disk-0,size=32G", forms.DISK, {"volume": "local-lvm:vm-1-disk-0", "size": "32G"}),
        ("file=local:x,future=1", forms.DISK, {"volume": "local:x", "future": "1"}),
        ("1,guest-fsfreeze=0", forms.AGENT, {"enabled": "1", "freeze-fs": "0"}),
        ("order=scsi0;net0", forms.BOOT, {"order": "scsi0;net0"}),
        ("", forms.BOOT, {}),
        ("nesting=1", forms.FEATURES, {"nesting": "1"}),
        ("bare", forms.FEATURES, {}),
    ],
)
def test_parts_are_read(text: str, form: forms.Form, parts: dict[str, str]) -> None:
    assert properties.parse(text, form) == parts


def test_parts_are_written_as_proxmox_writes_them() -> None:
    card = {"bridge": "vmbr0", "macaddr": "BC:24:11:00:00:01", "model": "virtio", "future": "x"}
    assert properties.write(card, forms.NIC) == "virtio=BC:24:11:00:00:01,bridge=vmbr0,future=x"
    assert properties.write({"model": "e1000"}, forms.NIC) == "e1000"
    assert properties.write({"size": "8G", "volume": "a:b"}, forms.ROOTFS) == "a:b,size=8G"


@given(
    st.dictionaries(st.sampled_from(sorted(forms.DISK.parts)), st.text("abc123:-_", min_size=1, max_size=8)).map(
        lambda one: {"volume": "a:b", **one}
    )
)
def test_what_is_written_is_read_back(parts: dict[str, str]) -> None:
    assert properties.parse(properties.write(parts, forms.DISK), forms.DISK) == parts


def test_the_normal_form_tells_the_storage_and_hides_the_name_of_a_cloud_init_drive() -> None:
    normal = properties.normal({"volume": "ceph:vm-1-disk-0", "size": "1024G", "odd": "x"}, forms.DISK)
    assert normal == {"volume": "ceph:vm-1-disk-0", "size": "1T", "odd": "x", "storage": "ceph"}
    assert properties.normal({"volume": "local:100/vm-100-cloudinit.qcow2"}, forms.DISK)["volume"] == "local:cloudinit"
    assert "storage" not in properties.normal({"volume": "/srv/a:b"}, forms.MOUNT)
    assert "storage" not in properties.normal({"volume": "none"}, forms.DISK)


def test_a_drive_is_told_from_a_disk() -> None:
    assert properties.is_cdrom({"volume": "none"})
    assert properties.is_cdrom({"volume": "local:iso/x.iso", "media": "cdrom"})
    assert not properties.is_cdrom({"volume": "local:x", "media": "disk"})
