"""Every deed from the operation to its end, at a cluster that others wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.operations import OperationError
from wakeful_collector.read import audit
from wakeful_collector.read import proxmox_deeds as deeds

from .conftest import end_task

if TYPE_CHECKING:
    from .....fakes.proxmox import FakeCluster
    from .conftest import Desk

DISK = "local-lvm:vm-100-disk-0,size=32G"


def furnish(pve: FakeCluster) -> None:
    pve.node("pve2")
    pve.vm(100, "web", status="running", config={"scsi0": DISK, "memory": "2048", "meta": "ctime=1700000000"})
    pve.vm(101, "old", config={"scsi0": "local-lvm:vm-101-disk-0,size=8G"})
    pve.ct(200, "db", status="running", config={"rootfs": "local-lvm:vm-200-disk-0,size=8G", "hostname": "db"})


def test_a_guest_is_started_and_whoever_asked_can_follow(pve: FakeCluster, desk: Desk) -> None:
    furnish(pve)
    answer = desk.ask("proxmox.guest.start", scope="operate", vmid=101)
    asked = answer["deed"]
    assert (asked["state"], asked["title"], asked["name"], asked["principal"]) == ("asked", "Start", "old", "user:ada")
    assert not pve.writes()
    ended = desk.ended(answer)
    assert (ended.state, ended.exitstatus, ended.upid.split(":")[5]) == ("ok", "OK", "qmstart")
    assert ended.summary == "Start: VM 101 (old) runs"
    assert ended.log_tail[-1] == "TASK OK"
    assert pve.get("status", guest=101) == "running"
    shown = desk.ask("proxmox.deed", id=ended.id, wait_seconds=5)["deed"]
    assert (shown["state"], shown["progress"], shown["finished"] is not None) == ("ok", 1.0, True)
    assert shown["requests"] == [{"method": "POST", "path": "/nodes/pve1/qemu/101/status/start", "form": {}}]
    rows = [row.entry for row in audit.rows(desk.data, 2)]
    assert [(one.operation, one.outcome) for one in rows] == [
        ("proxmox.deed.result", "done"),
        ("proxmox.guest.start", "done"),
    ]
    assert rows[1].detail["deed"] == rows[0].subject == ended.id
    assert rows[0].detail["asked_by"] == "user:ada"


DRY: dict[str, tuple[dict[str, Any], str]] = {
    "start": ({"vmid": 101}, "POST /nodes/pve1/qemu/101/status/start"),
    "shutdown": ({"vmid": 100, "force": True}, "POST /nodes/pve1/qemu/100/status/shutdown"),
    "stop": ({"vmid": 200}, "POST /nodes/pve1/lxc/200/status/stop"),
    "reboot": ({"vmid": 100}, "POST /nodes/pve1/qemu/100/status/reboot"),
    "suspend": ({"vmid": 100}, "POST /nodes/pve1/qemu/100/status/suspend"),
    "resume": ({"vmid": 102}, "POST /nodes/pve1/qemu/102/status/resume"),
    "clone": ({"vmid": 101, "name": "copy"}, "POST /nodes/pve1/qemu/101/clone"),
    "migrate": ({"vmid": 100, "target": "pve2"}, "POST /nodes/pve1/qemu/100/migrate"),
    "snapshot": ({"vmid": 100, "snapshot": "before"}, "POST /nodes/pve1/qemu/100/snapshot"),
    "rollback": ({"vmid": 101, "snapshot": "first"}, "POST /nodes/pve1/qemu/101/snapshot/first/rollback"),
    "snapshot_delete": ({"vmid": 101, "snapshot": "first"}, "DELETE /nodes/pve1/qemu/101/snapshot/first"),
    "backup": ({"vmid": 200, "storage": "local"}, "POST /nodes/pve1/vzdump"),
    "restore": (
        {"archive": "local:backup/vzdump-qemu-100-2026_11_01-00_00_00.vma.zst", "node": "pve1"},
        "POST /nodes/pve1/qemu",
    ),
    "resize": ({"vmid": 100, "disk": "scsi0", "size": "+5G"}, "PUT /nodes/pve1/qemu/100/resize"),
    "change": ({"vmid": 100, "settings": {"cores": 4}}, "POST /nodes/pve1/qemu/100/config"),
    "create": ({"type": "qemu", "node": "pve1", "settings": {"name": "new"}}, "POST /nodes/pve1/qemu"),
    "delete": ({"vmid": 101}, "DELETE /nodes/pve1/qemu/101"),
}


def test_a_dry_run_of_every_deed_writes_nothing(pve: FakeCluster, desk: Desk) -> None:
    """The cluster's own record of requests says so."""
    furnish(pve)
    pve.vm(102, "paused", status="running", qmpstatus="paused")
    pve.merge("snapshots", {"first": {"snaptime": 1}}, guest=101)
    assert set(DRY) == set(KINDS)
    for kind, (given, first) in DRY.items():
        answer = desk.ask(f"proxmox.guest.{kind}", dry_run=True, **given)
        assert answer["dry_run"]
        assert "{method} {path}".format(**answer["requests"][0]) == first, kind
    desk.turn()
    assert deeds.open_ones(desk.data) == []
    assert deeds.deeds(desk.data).deeds == []
    assert pve.writes() == []
    assert len(pve.requests()) > len(KINDS)


def test_what_a_dry_run_shows_is_what_is_sent(pve: FakeCluster, desk: Desk) -> None:
    furnish(pve)
    given = {"vmid": 100, "settings": {"description": "two\nlines", "onboot": True}, "delete": ["tags"]}
    shown = desk.ask("proxmox.guest.change", dry_run=True, **given)["requests"]
    assert desk.do("change", **given).state == "ok"
    assert [{"method": one.method, "path": one.path, "form": one.form} for one in pve.writes()] == shown


def test_who_may_ask_for_what(pve: FakeCluster, desk: Desk) -> None:
    furnish(pve)
    for kind in KINDS.values():
        with pytest.raises(OperationError) as caught:
            desk.ask(f"proxmox.guest.{kind.name}", scope="operate", **DRY[kind.name][0] | {"vmid": 9_999})
        assert caught.value.status == (403 if kind.scope == "admin" else 404), kind.name
    assert pve.writes() == []


def test_asked_twice_under_one_key_it_is_done_once(pve: FakeCluster, desk: Desk) -> None:
    furnish(pve)
    first = desk.ask("proxmox.guest.snapshot", vmid=100, snapshot="s1", request_key="k1")
    again = desk.ask("proxmox.guest.snapshot", vmid=100, snapshot="s1", request_key="k1")
    assert (again["known"], again["deed"]["id"]) == (True, first["deed"]["id"])
    with pytest.raises(OperationError) as caught:
        desk.ask("proxmox.guest.snapshot", vmid=100, snapshot="s2", request_key="k1")
    assert (caught.value.code, caught.value.status) == ("request_key_taken", 409)
    assert desk.ended(first).state == "ok"
    assert len(pve.writes()) == 1


def test_a_password_stands_nowhere(pve: FakeCluster, desk: Desk) -> None:
    given = {"type": "qemu", "node": "pve1", "vmid": 300, "password": "sesame 4711", "settings": {"name": "new"}}
    dry = desk.ask("proxmox.guest.create", dry_run=True, **given)
    assert dry["requests"][0]["form"]["cipassword"] == "(secret)"
    answer = desk.ask("proxmox.guest.create", **given)
    row = deeds.deed(desk.data, answer["deed"]["id"])
    assert row is not None
    assert row.sealed
    ended = desk.ended(answer)
    assert (ended.state, ended.sealed) == ("ok", "")
    assert pve.writes()[-1].form["cipassword"] == "sesame 4711"
    with pytest.raises(OperationError, match="give it as password"):
        desk.ask("proxmox.guest.change", vmid=300, settings={"cipassword": "sesame 4711", "cores": 2})
    assert audit.rows(desk.data, 1)[0].entry.detail["settings"] == {"cores": 2}
    for file in desk.data.iterdir():
        assert file.is_dir() or b"sesame" not in file.read_bytes(), file


def test_deeds_are_listed_page_by_page(pve: FakeCluster, desk: Desk) -> None:
    furnish(pve)
    ids = [desk.do("start", vmid=vmid).id for vmid in (100, 101, 100)]
    page = desk.ask("proxmox.deeds", limit=2)
    assert [one["id"] for one in page["deeds"]] == ids[:0:-1]
    rest = desk.ask("proxmox.deeds", limit=2, before=page["next"])
    assert ([one["id"] for one in rest["deeds"]], rest["next"]) == (ids[:1], None)
    assert [one["id"] for one in desk.ask("proxmox.deeds", cluster="home", vmid=101)["deeds"]] == [ids[1]]
    assert [one["id"] for one in desk.ask("proxmox.deeds", id=ids[1])["deeds"]] == [ids[1]]
    with pytest.raises(OperationError) as caught:
        desk.ask("proxmox.deed", id="nobody")
    assert caught.value.status == 404


def test_a_deed_is_taken_back_before_it_is_begun(pve: FakeCluster, desk: Desk) -> None:
    furnish(pve)
    answer = desk.ask("proxmox.guest.start", vmid=101)
    stopped = desk.ask("proxmox.deed.stop", id=answer["deed"]["id"])["deed"]
    assert stopped["state"] == "refused"
    assert "taken back by user:ada" in stopped["summary"]
    desk.turn()
    assert pve.writes() == []
    with pytest.raises(OperationError) as caught:
        desk.ask("proxmox.deed.stop", id=answer["deed"]["id"])
    assert caught.value.code == "ended"


def test_a_deed_under_way_is_asked_to_end(pve: FakeCluster, desk: Desk) -> None:
    furnish(pve)
    pve.pace(1.0)
    pve.put("shutdown_secs", 600, guest=100)
    answer = desk.ask("proxmox.guest.shutdown", vmid=100, timeout_seconds=700)
    row = desk.until(answer["deed"]["id"], lambda one: bool(one.upid))
    assert desk.ask("proxmox.deed.stop", id=row.id)["deed"]["stopped_by"] == "user:ada"
    pve.answer(f"DELETE /nodes/pve1/tasks/{row.upid}", None)
    desk.until(row.id, lambda _: any(one.method == "DELETE" for one in pve.writes()))
    aborts = [one for one in pve.writes() if one.method == "DELETE"]
    assert len(aborts) == 1
    assert row.upid in aborts[0].path
    end_task(pve, row.upid, "interrupted by signal")
    ended = desk.until(row.id, lambda one: not one.is_open)
    assert (ended.state, ended.exitstatus) == ("failed", "interrupted by signal")
