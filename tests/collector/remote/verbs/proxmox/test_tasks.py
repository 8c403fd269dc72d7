"""tasks: what clusters did and do."""

from wakeful_collector.remote.failure import OK
from wakeful_collector.store import proxmox_changes
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_changes import TaskRow


def test_tasks_are_listed(proxmox, estate):
    assert estate.deed("snapshot", vmid=103, snapshot="first")["state"] == "ok"
    estate.pve.fail("DELETE", "/qemu/103/snapshot/first", 500, "no space left", times=1)
    estate.deed("snapshot_delete", vmid=103, snapshot="first")
    estate.deed("snapshot_delete", vmid=103, snapshot="first")
    estate.look()
    assert "qmdelsnapshot" in proxmox("tasks").out
    ran = proxmox("tasks", scope="read")
    assert ran.code == OK
    assert ran.out.splitlines()[0].split()[:3] == ["CLUSTER", "STARTED", "TOOK"]
    mine = proxmox("tasks", "--guest", "box", "--node", "pve1", "--json").document["tasks"]
    assert {one["subject"] for one in mine} == {"103"}
    assert proxmox("tasks", "--node", "pve2", "--limit", "1").err.startswith("No tasks")
    failed = proxmox("tasks", "--failed", "--json").document["tasks"]
    assert all(one["status"] not in {"OK", "running"} for one in failed)


def test_what_went_well_does_not_hide_what_failed_before_it(proxmox, estate):
    failed = TaskRow("UPID:pve1:1", "pve1", "vzdump", "103", "root@pam", 1_000, 2_000, "no space left")
    went_well = failed._replace(upid="UPID:pve1:2", started_ms=3_000, ended_ms=4_000, status="OK")
    with changing(estate.served.data) as connection:
        proxmox_changes.keep_tasks(connection, "lab", [failed, went_well])
    told = proxmox("tasks", "--guest", "103", "--failed", "--limit", "1", "--json").document["tasks"]
    assert [one["upid"] for one in told] == ["UPID:pve1:1"]


def test_how_tasks_ended():
    from wakeful_collector.remote.proxmox import shown

    assert shown.task_cell("OK", is_running=False).style == "good"
    assert shown.task_cell("WARNINGS: 2", is_running=False).style == "warn"
    assert shown.task_cell("no space left", is_running=False).style == "bad"
    assert shown.task_cell("", is_running=True).text == "running"
