"""Plans carried out against a cluster that others wrote."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import proxmoxer
import pytest

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.declare import applying
from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.operations.registry import OperationError
from wakeful_collector.read import proxmox_applies
from wakeful_collector.store import proxmox_applies as table
from wakeful_collector.store import proxmox_deeds
from wakeful_collector.store.changes import changing

from .approved import asked, web
from .conftest import files

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Desk


def authority(desk: Desk) -> Path:
    file = desk.data / "ca.pem"
    file.write_text(desk.pve.ca)
    return file


def states(ended: dict) -> list[str]:
    return [one["state"] for one in ended["steps"]]


def test_what_is_declared_is_so_afterwards(desk: Desk) -> None:
    desk.pve.put("status", "stopped", guest=101)
    text = web("name: front", "onboot: true", "tags: [web, prod]", "net0: {tag: 5}", "cores: 4", "scsi0: {ssd: true}")
    ended = desk.apply(text)
    assert ended["state"] == "ok", ended["summary"]
    assert states(ended) == ["ok"]
    there = proxmoxer.ProxmoxAPI(
        desk.pve.host.partition(":")[0],
        port=int(desk.pve.host.partition(":")[2]),
        user=desk.pve.token_id.partition("!")[0],
        token_name=desk.pve.token_id.partition("!")[2],
        token_value=desk.pve.secret,
        verify_ssl=str(authority(desk)),
    )
    config = there.nodes("pve1").qemu(101).config.get()
    assert (config["name"], config["onboot"], config["cores"]) == ("front", "1", "4")
    assert set(config["tags"].split(";")) == {"web", "prod"}
    assert config["net0"].startswith("virtio=BC:24:11:00:00:01,")
    assert "tag=5" in config["net0"]
    assert config["scsi0"].startswith("local-lvm:vm-101-disk-0,")
    assert desk.plan(text)["steps"] == []


def test_what_needs_a_reboot_waits_for_the_flag_that_names_it(desk: Desk) -> None:
    text = web("cores: 4", "name: front")
    before = len(desk.pve.requests())
    ended = desk.apply(text)
    assert ended["state"] == "ok", ended["summary"]
    assert states(ended) == ["ok", "skipped"]
    assert "allow_reboot" in ended["steps"][1]["detail"]
    assert not [one for one in desk.pve.writes(before) if "reboot" in one.path or "cores" in one.form]
    resumed = desk.approve(resume=ended["id"], allow_reboot=True)
    assert resumed["state"] == "ok", resumed
    assert states(resumed) == ["ok", "ok"]
    guest = desk.look().guest(101)
    assert (guest.config["cores"], guest.pending, guest.status) == ("4", {}, "running")
    assert desk.plan(text)["steps"] == []


def test_a_guest_is_made_started_and_protected(desk: Desk) -> None:
    text = """
    apiVersion: wakeful/v1
    kind: VirtualMachine
    metadata: {vmid: 150}
    spec:
      name: fresh
      state: running
      protection: true
      memory: 1G
      scsi0: {storage: local-lvm, size: 8G, ssd: true}
      net0: {model: virtio, bridge: vmbr0}
    ---
    apiVersion: wakeful/v1
    kind: Pool
    metadata: {name: prod}
    spec: {comment: the shop, members: [101, 150]}
    """
    ended = desk.apply(text)
    assert ended["state"] == "ok", ended["summary"]
    assert set(states(ended)) == {"ok"}
    found = desk.look()
    guest = found.guest(150)
    assert (guest.status, guest.wanted["protection"], guest.pool) == ("running", "1", "prod")
    assert found.guest(101).pool == "prod"
    assert desk.plan(text)["steps"] == []


def test_a_guest_that_is_declared_absent_goes_only_with_the_flag(desk: Desk) -> None:
    text = web("state: absent")
    with pytest.raises(OperationError, match="allow_destroy"):
        desk.apply(text)
    assert desk.look().guest(101) is not None
    ended = desk.apply(text, allow_destroy=True)
    assert ended["state"] == "ok", ended["summary"]
    assert desk.look().guest(101) is None
    assert desk.plan(text)["steps"] == []


def test_it_stops_at_the_first_failure_and_resumes(desk: Desk) -> None:
    desk.pve.vm(102, "db", config={"cores": 1})
    second = """
    apiVersion: wakeful/v1
    kind: VirtualMachine
    metadata: {vmid: 102}
    spec: {cores: 2}
    """
    text = web("name: front")
    desk.pve.fail("POST", "/nodes/pve1/qemu/101/config", 500, "the disk is full", times=1)
    ended = desk.apply(text, second)
    assert ended["state"] == "failed"
    assert "the disk is full" in ended["summary"]
    assert states(ended) == ["failed", "waiting"]
    assert desk.look().guest(102).config["cores"] == "1"
    resumed = desk.approve(resume=ended["id"])
    assert resumed["state"] == "ok", resumed
    assert desk.look().guest(102).config["cores"] == "2"
    with pytest.raises(OperationError, match="all its steps are done"):
        desk.approve(resume=ended["id"])


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(desk: Desk) -> None:
    text = web("name: front")
    plan = desk.plan(text)
    desk.pve.merge("config", {"name": "theirs"}, guest=101)
    ended = desk.approve(plan["digest"], files=[{"path": "file0.yaml", "text": text}])
    assert ended["state"] == "failed"
    assert "theirs" in ended["summary"]
    assert desk.look().guest(101).wanted["name"] == "theirs"


def test_a_plan_that_is_another_by_now_is_refused(desk: Desk) -> None:
    text = web("name: front")
    plan = desk.plan(text)
    desk.pve.merge("config", {"name": "theirs"}, guest=101)
    desk.look()
    with pytest.raises(OperationError, match="another one by now") as refused:
        desk.approve(plan["digest"], files=[{"path": "file0.yaml", "text": text}])
    assert refused.value.status == 409


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    text = web("name: front", "cores: 4", "state: stopped")
    plan = desk.plan(text)
    before = len(desk.pve.requests())
    given = {"digest": plan["digest"], "files": [{"path": "file0.yaml", "text": text}]}
    answer = desk.ask("proxmox.apply", **given, dry_run=True, allow_stop=True)
    assert [one["path"].rpartition("/")[2] for one in answer["requests"]] == ["shutdown", "config"]
    assert desk.pve.writes(before) == []
    assert proxmox_applies.applies(desk.data) == []


def test_a_protected_guest_is_not_touched(desk: Desk) -> None:
    desk.pve.merge("config", {"protection": 1}, guest=101)
    text = web("name: front")
    before = len(desk.pve.requests())
    plan = desk.plan(text)
    assert "protected" in plan["steps"][0]["blocked"]
    ended = desk.apply(text)
    assert ended["state"] == "failed"
    assert "protection is on" in ended["summary"]
    assert desk.pve.writes(before) == []


def test_another_guest_of_the_same_number_is_not_the_one_that_was_meant(desk: Desk) -> None:
    desk.pve.merge("config", {"meta": "creation-qemu=9.0.2,ctime=1700000000"}, guest=101)
    text = web("name: front")
    plan = desk.plan(text)
    desk.pve.merge("config", {"meta": "creation-qemu=9.0.2,ctime=1800000000"}, guest=101)
    ended = desk.approve(plan["digest"], files=[{"path": "file0.yaml", "text": text}])
    assert ended["state"] == "failed"
    assert "another one by now" in ended["summary"]


def test_a_snapshot_that_is_due_is_taken_and_old_ones_of_the_policy_go(desk: Desk) -> None:
    client = opening.client(desk.data, "home")
    for name in ("mine", "wk-nightly-202001010230", "wk-nightly-202001020230"):
        client.post("/nodes/pve1/qemu/101/snapshot", snapname=name)
    text = """
    apiVersion: wakeful/v1
    kind: SnapshotPolicy
    metadata: {name: nightly}
    spec: {guests: [101], schedule: monthly 1 03:00, keep: {last: 2}}
    """
    ended = desk.apply(text, allow_destroy=True)
    assert ended["state"] == "ok", ended["summary"]
    left = sorted(one.name for one in desk.look().guest(101).snapshots)
    assert left[0] == "mine"
    assert left[1] == "wk-nightly-202001020230"
    assert len(left) == 3
    assert desk.plan(text)["steps"] == []


def test_a_pool_is_removed_and_its_guests_stay(desk: Desk) -> None:
    pool = """
    apiVersion: wakeful/v1
    kind: Pool
    metadata: {name: prod}
    spec: {members: [101]}
    """
    assert desk.apply(pool)["state"] == "ok"
    gone = pool.replace("{members: [101]}", "{state: absent}")
    ended = desk.apply(gone, allow_destroy=True)
    assert ended["state"] == "ok", ended["summary"]
    assert (desk.look().pools, desk.look().guest(101).pool) == ((), "")


def test_a_container_grows_and_is_changed_while_it_runs(desk: Desk) -> None:
    desk.pve.ct(
        200, "ct", status="running", config={"rootfs": "local-lvm:vm-200-disk-0,size=4G", "memory": 512, "cores": 1}
    )
    text = """
    apiVersion: wakeful/v1
    kind: Container
    metadata: {vmid: 200}
    spec:
      memory: 1G
      cores: 2
      rootfs: {size: 6G}
      tags: [a]
    """
    ended = desk.apply(text)
    assert ended["state"] == "ok", ended["summary"]
    config = desk.look().guest(200).config
    assert (config["memory"], config["cores"], config["tags"]) == ("1024", "2", "a")
    assert "size=6G" in config["rootfs"]
    assert desk.plan(text)["steps"] == []


def test_a_cluster_that_is_away_fails_the_step_and_the_apply_resumes(desk: Desk) -> None:
    text = web("name: front")
    plan = desk.plan(text)
    desk.pve.stop()
    ended = desk.approve(plan["digest"], files=[{"path": "file0.yaml", "text": text}])
    assert ended["state"] == "failed", ended["summary"]
    desk.pve.start()
    assert desk.approve(resume=ended["id"])["state"] == "ok"
    assert desk.look().guest(101).wanted["name"] == "front"


def test_whoever_stops_an_apply_stops_it_before_the_next_step(desk: Desk) -> None:
    apply_id = asked(desk, web("name: front"))
    assert desk.ask("proxmox.apply.stop", id=apply_id)["apply"]["stopped_by"] == "user:ada"
    ended = desk.ended(apply_id)
    assert (ended["state"], ended["steps"][0]["state"]) == ("failed", "waiting")
    with pytest.raises(OperationError, match="has ended already"):
        desk.ask("proxmox.apply.stop", id=apply_id)


def test_an_apply_whose_files_cannot_be_read_any_more_is_refused(desk: Desk) -> None:
    apply_id = asked(desk, web("name: front"))
    with changing(desk.data) as connection:
        connection.execute('UPDATE proxmox_applies SET files = \'[["a", "kind: x"]]\'')
    ended = desk.ended(apply_id)
    assert ended["state"] == "refused"


def test_a_fault_of_ours_ends_the_apply_and_says_so(desk: Desk) -> None:
    apply_id = asked(desk, web("name: front"))
    row = proxmox_applies.apply(desk.data, apply_id)
    with changing(desk.data) as connection:
        table.change(connection, apply_id, ("asked",), state="running")
    broken = replace(row, files=(("a", 7),))
    applying.carry_out(desk.data, broken)
    assert proxmox_applies.apply(desk.data, apply_id).state == "lost"


def test_a_step_that_comes_after_one_that_was_skipped_is_skipped(desk: Desk) -> None:
    ended = desk.apply(
        web("state: stopped", "cores: 4"),
        """
    apiVersion: wakeful/v1
    kind: Pool
    metadata: {name: prod}
    spec: {comment: x}
    """,
    )
    assert ended["state"] == "ok", ended["summary"]
    assert states(ended) == ["ok", "skipped", "skipped"]
    assert "2 of 3 not allowed" in ended["summary"]
    assert ended["steps"][2]["detail"] == "a step before it was skipped"


def test_a_container_whose_volume_cannot_move_is_started_again(desk: Desk) -> None:
    config = {"rootfs": "local-lvm:vm-200-disk-0,size=4G", "memory": 512}
    desk.pve.ct(200, "ct", status="running", config=config)
    desk.pve.storage("ceph", type="rbd", content="images,rootdir")
    desk.pve.fail("POST", "/nodes/pve1/lxc/200/move_volume", 500, "no space left", times=1)
    text = """
    apiVersion: wakeful/v1
    kind: Container
    metadata: {vmid: 200}
    spec: {rootfs: {storage: ceph}}
    """
    ended = desk.apply(text, allow_stop=True)
    assert ended["state"] == "failed"
    assert "no space left; the guest was started again" in ended["summary"]
    assert desk.look().guest(200).status == "running"


def test_what_somebody_did_already_is_not_done_again(desk: Desk) -> None:
    apply_id = asked(desk, web("name: front"))
    desk.pve.merge("config", {"name": "front"}, guest=101)
    before = len(desk.pve.requests())
    ended = desk.ended(apply_id)
    assert (ended["state"], ended["steps"][0]["detail"]) == ("ok", "it is so already")
    assert desk.pve.writes(before) == []


def test_what_would_take_more_by_now_than_was_allowed_is_refused(desk: Desk) -> None:
    desk.pve.put("status", "stopped", guest=101)
    apply_id = asked(desk, web("cores: 4"))
    desk.pve.put("status", "running", guest=101)
    ended = desk.ended(apply_id)
    assert ended["state"] == "failed"
    assert "would take a reboot by now" in ended["summary"]
    assert desk.look().guest(101).config["cores"] == "2"


def test_a_step_waits_for_the_deed_of_its_guest(desk: Desk) -> None:
    apply_id = asked(desk, web("name: front"))
    with changing(desk.data) as connection:
        proxmox_deeds.add(connection, proxmox_deeds.DeedRow("d1", "home", 101, "backup", "user:eve", clock.now_ms()))
        assert proxmox_deeds.begin(connection, "d1", clock.now_ms())
    desk.applier(desk.data, desk.settings, clock.now_ms())
    until = time.monotonic() + 30
    while proxmox_applies.steps(desk.data, apply_id)[0].state != "running":
        assert time.monotonic() < until
        time.sleep(0.02)
    desk.ask("proxmox.apply.stop", id=apply_id)
    ended = desk.ended(apply_id)
    assert "something else is being done" in ended["summary"]
    assert desk.look().guest(101).wanted["name"] == "web"


def test_what_is_left_at_the_end_is_told(desk: Desk) -> None:
    ended = desk.apply(web("net0: {tag: 5}"))
    assert ended["state"] == "failed", "the counterparty plugs no network card: it waits for a reboot"
    assert "more is left: VM 101 (web): reboot net0" in ended["summary"]


def test_what_cannot_be_looked_at_again_is_told(desk: Desk) -> None:
    apply_id = asked(desk, web("name: front"))
    with changing(desk.data) as connection:
        table.change_step(connection, apply_id, 1, state="ok")
    desk.pve.fail("GET", "/nodes/pve1/qemu/101/status/current", 403, "Permission check failed (/vms/101, VM.Audit)")
    ended = desk.ended(apply_id)
    assert ended["state"] == "failed"
    assert "could not be looked at again" in ended["summary"]


def test_a_guest_that_somebody_else_made_meanwhile_is_left_alone(desk: Desk) -> None:
    """Its number was free when the plan was made: what stands there now is not what was approved."""
    fresh = """
    apiVersion: wakeful/v1
    kind: VirtualMachine
    metadata: {vmid: 150}
    spec: {name: fresh, state: running, cores: 4}
    """
    plan = desk.plan(fresh)
    answer = desk.ask("proxmox.apply", digest=plan["digest"], files=files(fresh))
    desk.pve.vm(150, "theirs", config={"cores": 1})
    before = len(desk.pve.requests())
    ended = desk.ended(answer["apply"]["id"])
    assert (ended["state"], "not made by this plan" in ended["summary"]) == ("failed", True)
    assert desk.pve.writes(before) == []


def test_a_deed_that_waits_for_the_step_is_not_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deed is asked for just before the step begins: each would wait for the other."""
    monkeypatch.setattr(applying, "OTHERS_SECONDS_MAX", 1.0)
    apply_id = asked(desk, web("name: front"))
    row = proxmox_deeds.DeedRow("d1", "home", 101, "start", "user:ada", clock.now_ms())
    with changing(desk.data) as connection:
        proxmox_deeds.add(connection, row)
    ended = desk.ended(apply_id)
    assert ended["state"] == "ok", ended["summary"]
