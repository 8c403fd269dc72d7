"""The steps of guests that are to be made."""

from __future__ import annotations

import pytest

from wakeful_collector.model.estate import FAILED, PARTIAL, SEEN, Area, Estate

from .planned import document, estate, guest, made, told

NEW = "vmid: 150"


def test_a_vm_is_made_whole_then_started() -> None:
    spec = "node: pve1, name: fresh, state: running, memory: 1G, scsi0: 'local-lvm:8,ssd=1', description: ''"
    found = made(estate(), document(NEW, spec))
    assert told(found) == [("create", "live", ["POST qemu"]), ("start", "live", ["POST start"])]
    assert found.steps[0].title == "VM 150 (fresh)"
    assert found.steps[0].requests[0].form == {
        "vmid": "150",
        "name": "fresh",
        "memory": "1024",
        "scsi0": "local-lvm:8,ssd=1",
    }
    assert found.steps[0].new["scsi0.size"] == "8G"
    assert set(found.steps[0].old.values()) == {None}


def test_a_container_is_made_of_a_template_in_its_pool() -> None:
    spec = (
        "node: pve1, ostemplate: 'local:vztmpl/d.tar.zst', rootfs: {storage: local-lvm, size: 8G}, unprivileged: true"
    )
    text = document(NEW, spec, "Container") + document("name: prod", "members: [150]", "Pool")
    found = made(estate(), text)
    assert [one.kind for one in found.steps] == ["pool.create", "create"]
    form = found.steps[1].requests[0].form
    assert (form["pool"], form["ostemplate"], form["rootfs"]) == ("prod", "local:vztmpl/d.tar.zst", "local-lvm:8")


def test_an_imported_disk_grows_afterwards_and_protection_comes_last() -> None:
    spec = "node: pve1, scsi0: {storage: ceph, size: 20G, import-from: 'local:import/x.qcow2'}, protection: true"
    found = made(estate(), document(NEW, spec))
    assert told(found) == [
        ("create", "live", ["POST qemu"]),
        ("resize", "live", ["PUT resize"]),
        ("change", "live", ["POST config"]),
    ]
    assert "protection" not in found.steps[0].requests[0].form


def test_a_clone_is_brought_to_what_is_declared_beyond_its_source() -> None:
    source = guest(
        9000,
        template=True,
        status="stopped",
        config={"cores": "2", "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0", "scsi0": "local-lvm:base-9000,size=8G"},
    )
    spec = (
        "clone: 9000, clone-full: true, clone-storage: ceph, name: copy, cores: 2, net0: {tag: 5}, "
        "scsi0: {storage: ceph, size: 10G}, node: pve2, state: running"
    )
    found = made(estate(source), document(NEW, spec))
    assert told(found) == [
        ("create", "live", ["POST clone"]),
        ("change", "live", ["POST config"]),
        ("resize", "live", ["PUT resize"]),
        ("migrate", "live", ["POST migrate"]),
        ("start", "live", ["POST start"]),
    ]
    assert found.steps[0].requests[0].form == {"newid": "150", "name": "copy", "full": "1", "storage": "ceph"}
    assert found.steps[1].requests[0].form == {"net0": "virtio,bridge=vmbr0,tag=5"}
    assert found.steps[4].requests[0].path == "/nodes/pve2/qemu/150/status/start"


@pytest.mark.parametrize(
    ("here", "kind", "spec", "said"),
    [
        (estate(areas=(Area("guests", FAILED, "no answer"),)), "VirtualMachine", "node: pve1", "were not seen"),
        (estate(areas=()), "VirtualMachine", "node: pve1", "were not seen"),
        (estate(), "VirtualMachine", "cores: 2", "on which node"),
        (estate(), "VirtualMachine", "node: pve9", "no node pve9"),
        (estate(), "VirtualMachine", "node: pve3", "is offline"),
        (estate(), "VirtualMachine", "node: pve1, net0: {bridge: vmbr0}", "needs a model"),
        (estate(), "Container", "node: pve1", "needs a template"),
        (estate(), "VirtualMachine", "clone: 9000", "no VirtualMachine 9000"),
        (estate(guest(9000, config_state="stale")), "VirtualMachine", "clone: 9000", "is not known"),
    ],
)
def test_what_cannot_be_made_is_told(here: Estate, kind: str, spec: str, said: str) -> None:
    found = made(here, document(NEW, spec, kind))
    assert found.steps == ()
    assert said in found.problems[0].message


def test_a_token_that_sees_a_part_says_so() -> None:
    found = made(estate(areas=(Area("guests", PARTIAL), Area("pools", SEEN))), document(NEW, "node: pve1"))
    assert "may see" in found.steps[0].why
