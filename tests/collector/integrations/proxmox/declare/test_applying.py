"""Plans carried out against a cluster that others wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.operations.registry import OperationError
from wakeful_collector.read import proxmox_applies

if TYPE_CHECKING:
    from .conftest import Desk

WEB = """
apiVersion: wakeful/v1
kind: VirtualMachine
metadata: {cluster: home, vmid: 101}
spec:
"""


def web(*lines: str) -> str:
    return WEB + "".join(f"  {line}\n" for line in lines)


def states(ended: dict) -> list[str]:
    return [one["state"] for one in ended["steps"]]


def test_what_is_declared_is_so_afterwards(desk: Desk) -> None:
    text = web("name: front", "onboot: true", "tags: [web, prod]", "net0: {tag: 5}", "scsi0: {size: 40G}")
    ended = desk.apply(text)
    assert ended["state"] == "ok", ended["summary"]
    assert states(ended) == ["ok", "ok"]
    config = desk.look().guest(101).wanted
    assert config["name"] == "front"
    assert config["net0"].startswith("virtio=BC:24:11:00:00:01,")
    assert "size=40G" in config["scsi0"]
    assert desk.plan(text)["steps"] == []


def test_what_needs_a_reboot_waits_for_the_flag_that_names_it(desk: Desk) -> None:
    text = web("cores: 4", "name: front")
    before = len(desk.pve.writes())
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
    before = len(desk.pve.writes())
    given = {"digest": plan["digest"], "files": [{"path": "file0.yaml", "text": text}]}
    answer = desk.ask("proxmox.apply", **given, dry_run=True, allow_stop=True)
    assert [one["path"].rpartition("/")[2] for one in answer["requests"]] == ["shutdown", "config"]
    assert desk.pve.writes(before) == []
    assert proxmox_applies.applies(desk.data) == []


def test_a_protected_guest_is_not_touched(desk: Desk) -> None:
    desk.pve.merge("config", {"protection": 1}, guest=101)
    text = web("name: front")
    before = len(desk.pve.writes())
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
