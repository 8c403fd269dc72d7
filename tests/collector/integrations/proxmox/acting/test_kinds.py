"""Every kind of deed, really done to a VM and to a container of a cluster that others wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.acting.kinds import KINDS

if TYPE_CHECKING:
    from wakeful_collector.store.proxmox_deeds import DeedRow

    from .....fakes.proxmox import FakeCluster
    from .conftest import Desk

TEMPLATE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
VMA = "local:backup/vzdump-qemu-101-2026_11_01-02_00_00.vma.zst"
VM, CT = 101, 200


@pytest.fixture(autouse=True)
def _furnished(pve: FakeCluster) -> None:
    pve.node("pve2")
    pve.vm(VM, "web", config={"scsi0": "local-lvm:vm-101-disk-0,size=8G", "memory": "2048"})
    pve.ct(CT, "db", config={"hostname": "db", "rootfs": "local-lvm:vm-200-disk-0,size=8G"})


def ok(desk: Desk, kind: str, **given: Any) -> DeedRow:
    ended = desk.do(kind, **given)
    assert (ended.state, ended.exitstatus) in {("ok", "OK"), ("ok", "")}, ended
    return ended


@pytest.mark.parametrize("vmid", [VM, CT])
def test_power(pve: FakeCluster, desk: Desk, vmid: int) -> None:
    for kind, status in (
        *(("start", "running"), ("reboot", "running"), ("shutdown", "stopped"), ("start", "running")),
        *(("start", "running"), ("stop", "stopped"), ("stop", "stopped")),
    ):
        ok(desk, kind, vmid=vmid)
        assert pve.get("status", guest=vmid) == status
    assert len(pve.writes()) == 5  # what has come true already is not asked for


def test_suspended_and_resumed(pve: FakeCluster, desk: Desk) -> None:
    ok(desk, "start", vmid=VM)
    ok(desk, "suspend", vmid=VM)
    assert pve.get("qmpstatus", guest=VM) == "paused"
    ok(desk, "resume", vmid=VM)
    assert pve.get("qmpstatus", guest=VM) == "running"
    ok(desk, "suspend", vmid=VM, to_disk=True)
    assert pve.get("lock", guest=VM) == "suspended"
    ok(desk, "resume", vmid=VM)
    assert (pve.get("lock", guest=VM), pve.get("status", guest=VM)) == (None, "running")


@pytest.mark.parametrize("vmid", [VM, CT])
def test_snapshots(pve: FakeCluster, desk: Desk, vmid: int) -> None:
    ok(desk, "snapshot", vmid=vmid, snapshot="before", description="the update")
    ok(desk, "change", vmid=vmid, settings={"cores": 7})
    ok(desk, "rollback", vmid=vmid, snapshot="before", start=True)
    assert "cores" not in pve.get("config", guest=vmid)
    assert pve.get("status", guest=vmid) == "running"
    ok(desk, "snapshot_delete", vmid=vmid, snapshot="before")
    assert pve.get("snapshots", guest=vmid) == {}


@pytest.mark.parametrize("vmid", [VM, CT])
def test_copies(pve: FakeCluster, desk: Desk, vmid: int) -> None:
    ended = ok(desk, "clone", vmid=vmid, name="copy", full=True)
    assert ended.summary.endswith("is copied as 100")
    config = pve.get("config", guest=100)
    assert (config.get("name") or config["hostname"]) == "copy"


def test_moved(pve: FakeCluster, desk: Desk) -> None:
    pve.put("status", "running", guest=CT)
    pve.storage("nas", type="nfs", shared=1, content="rootdir,images", nodes="pve1,pve2")
    pve.merge("config", {"rootfs": "nas:200/vm-200-disk-0.raw,size=8G"}, guest=CT)
    ended = ok(desk, "migrate", vmid=CT, target="pve2")
    assert pve.get("node", guest=CT) == "pve2"
    assert pve.writes()[-1].form == {"target": "pve2", "restart": "1"}
    assert ended.upid.split(":")[1] == "pve1"
    ok(desk, "stop", vmid=CT)
    assert pve.writes()[-1].path == f"/nodes/pve2/lxc/{CT}/status/stop"
    ok(desk, "migrate", vmid=VM, target="pve2", with_local_disks=True)
    assert pve.writes()[-1].form == {"target": "pve2", "with-local-disks": "1"}


@pytest.mark.parametrize("vmid", [VM, CT])
def test_backed_up(pve: FakeCluster, desk: Desk, vmid: int) -> None:
    ended = ok(desk, "backup", vmid=vmid, storage="local", notes="by hand")
    assert ended.upid.split(":")[5] == "vzdump"
    assert pve.writes()[-1].form["remove"] == "0"


def test_brought_back(pve: FakeCluster, desk: Desk) -> None:
    """The counterparty restores no VM: how it is asked, and that its refusal is told, is what can be seen."""
    ended = desk.do("restore", archive=VMA, node="pve1", storage="local-lvm")
    assert (ended.state, "restoring an archive is not supported" in ended.exitstatus) == ("failed", True)
    assert pve.writes()[-1].form == {"vmid": "100", "archive": VMA, "storage": "local-lvm"}
    pve.answer("POST /nodes/pve1/qemu", None)
    assert desk.do("restore", vmid=VM, archive=VMA, overwrite=True).state == "lost"
    assert pve.writes()[-1].form == {"vmid": "101", "archive": VMA, "force": "1"}


def test_enlarged(pve: FakeCluster, desk: Desk) -> None:
    ok(desk, "resize", vmid=CT, disk="rootfs", size="+4G")
    assert "size=12G" in pve.get("config", guest=CT)["rootfs"]
    ended = desk.do("resize", vmid=CT, disk="rootfs", size="12G")
    assert (ended.state, ended.summary) == ("ok", "rootfs has 12G already")
    ok(desk, "resize", vmid=VM, disk="scsi0", size="16G")
    assert pve.writes()[-1].form["size"] == "16G"


@pytest.mark.parametrize("vmid", [VM, CT])
def test_changed(pve: FakeCluster, desk: Desk, vmid: int) -> None:
    pve.merge("config", {"tags": "old"}, guest=vmid)
    ok(desk, "change", vmid=vmid, settings={"cores": 2, "onboot": True}, delete=["tags"])
    config = pve.get("config", guest=vmid)
    assert (str(config["cores"]), str(config["onboot"]), "tags" in config) == ("2", "1", False)


def test_made_and_deleted(pve: FakeCluster, desk: Desk) -> None:
    pve.storage("local", volumes={TEMPLATE.partition(":")[2]: {"content": "vztmpl", "size": 1}})
    made = ok(desk, "create", type="qemu", node="pve2", settings={"name": "new", "scsi0": "local-lvm:4"}, start=True)
    assert (made.vmid, made.node, made.name, made.guest_kind) == (100, "pve2", "new", "qemu")
    assert pve.get("status", guest=100) == "running"
    ok(desk, "delete", vmid=100, name="new", purge=True, stop=True)
    assert pve.call("guest", 100) is None
    settings = {"hostname": "box", "ostemplate": TEMPLATE, "rootfs": "local-lvm:4"}
    box = desk.do("create", vmid=300, type="lxc", node="pve1", settings=settings, password="sesame 4711")
    assert box.state == "ok", box
    ok(desk, "delete", vmid=300)
    assert pve.call("guest", 300) is None


def test_kinds_are_told_in_words() -> None:
    for name, kind in KINDS.items():
        assert kind.title
        assert kind.sentence
        assert kind.done
        assert kind.name == name
        assert kind.danger in {"changes", "destroys"}
