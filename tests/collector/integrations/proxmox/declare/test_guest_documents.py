"""What a VirtualMachine or Container is to be, read."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.declare import documents, guest_documents
from wakeful_collector.integrations.proxmox.declare.documents import File, Reading
from wakeful_collector.integrations.proxmox.declare.wished import CONTAINER, VM


def read(spec: str, kind: str = VM) -> Reading:
    head = f"apiVersion: wakeful/v1\nkind: {kind}\nmetadata: {{vmid: 101}}\nspec:\n"
    return documents.read([File("a.yaml", head + "".join(f"  {one}\n" for one in spec.splitlines()))], ["home"])


def test_values_are_read_by_what_their_field_is() -> None:
    found = read(
        """name: no
state: running
node: pve1
template: false
cores: 4
memory: 4G
onboot: true
tags: [Web, prod]
description: null
scsi0: local-lvm:32,ssd=1
scsi1: {storage: ceph, size: 1024G, discard: on, mbps: ~}
net0: {model: virtio, bridge: vmbr0, macaddr: "bc:24:11:00:00:01", trunks: [20, 10]}
boot: order=scsi0;net0
sshkeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFVmm6 me]
clone: 9000"""
    )
    assert found.faults == ()
    [wish] = found.wishes.guests
    assert (wish.state, wish.node, wish.template, wish.source) == ("running", "pve1", False, {"clone": "9000"})
    assert wish.lines["cores"] == 9
    assert wish.values == {
        "name": "no",
        "cores": "4",
        "memory": "4096",
        "onboot": "1",
        "tags": "prod;web",
        "description": None,
        "scsi0": {"storage": "local-lvm", "size": "32G", "ssd": "1"},
        "scsi1": {"storage": "ceph", "size": "1T", "discard": "on", "mbps": None},
        "net0": {"model": "virtio", "bridge": "vmbr0", "macaddr": "BC:24:11:00:00:01", "trunks": "10;20"},
        "boot": {"order": "scsi0;net0"},
        "sshkeys": "ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIFVmm6%20me",
    }


@pytest.mark.parametrize(
    ("spec", "path", "said"),
    [
        ("net32: {model: virtio}", "spec.net32", "give net0 to net31"),
        ("hostname: x", "spec.hostname", "a VirtualMachine has no hostname; a Container has"),
        ("args: -device x", "spec.args", "command line"),
        ("cipassword: x", "spec.cipassword", "does not belong in a file"),
        ("unused0: x", "spec.unused0", "no guest uses"),
        ("digest: x", "spec.digest", "Proxmox"),
        ("meta: x", "spec.meta", "Proxmox's own"),
        ("memory: ~", "spec.memory", "cannot be taken away"),
        ("cores: [1]", "spec.cores", "is a list"),
        ("cores: {a: 1}", "spec.cores", "is a mapping"),
        ("tags: ['a b']", "spec.tags", "separator"),
        ("net0: [virtio]", "spec.net0", "is a list"),
        ("net0: {}", "spec.net0", "names nothing"),
        ("net0: {bridgee: vmbr0}", "spec.net0.bridgee", "did you mean bridge?"),
        ("net0: {tag: 4095}", "spec.net0.tag", "give 1 to 4094"),
        ('net0: {macaddr: "01:00:5e:00:00:01"}', "spec.net0.macaddr", "even"),
        ("scsi0: {size: 32}", "spec.scsi0.size", "write 32G"),
        ("scsi0: {size: 32K}", "spec.scsi0.size", "hardly a disk"),
        ("scsi0: {storage: a1, volume: 'b1:x'}", "spec.scsi0", "not both"),
        ("ide2: {media: cdrom, size: 4G}", "spec.ide2.size", "a drive has no size"),
        ("state: started", "spec.state", "one of running, stopped, absent"),
        ("node: 'pve1/../x'", "spec.node", "the name of a node"),
        ("ostemplate: local:vztmpl/x", "spec.ostemplate", "not known"),
        ("name: web.", "spec.name", "a DNS name"),
        ('name: "$(reboot)"', "spec.name", "a DNS name"),
        ("scsi0: {volume: 'local:a,b=c'}", "spec.scsi0.volume", "does not fit"),
    ],
)
def test_what_is_wrong_is_told_with_its_path_and_what_to_do(spec: str, path: str, said: str) -> None:
    found = [one for one in read(spec).faults if one.path == path]
    assert found, read(spec).faults
    assert said in str(found[0])
    assert found[0].line == 5


def test_a_container_has_a_template_and_no_disks() -> None:
    found = read(
        "ostemplate: local:vztmpl/debian.tar.zst\nrootfs: {storage: local, size: 8G}\nunprivileged: true", CONTAINER
    )
    assert found.faults == ()
    assert found.wishes.guests[0].source == {"ostemplate": "local:vztmpl/debian.tar.zst"}
    [fault] = read("rootfs: ~", CONTAINER).faults
    assert fault.hint == "leave the field away"
    [fault] = read("scsi0: local:8", CONTAINER).faults
    assert "a VirtualMachine has" in fault.message


def test_what_may_stand_in_a_spec_is_known() -> None:
    assert {"state", "clone", "memory", "net[n]"} <= set(guest_documents.known(VM))
    assert "ostemplate" not in guest_documents.known(VM)
    assert "ostemplate" in guest_documents.known(CONTAINER)
