"""Checking, planning, exporting and keeping declarations, as people and programs ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.operations.registry import OperationError
from wakeful_collector.store import audit
from wakeful_collector.store.changes import changing

from .conftest import files

if TYPE_CHECKING:
    from .conftest import Desk

WEB = """
apiVersion: wakeful/v1
kind: VirtualMachine
metadata: {vmid: 101}
spec: {name: front, cores: 2}
"""
BAD = WEB.replace("cores: 2", "cores: two")


def test_files_are_checked(desk: Desk) -> None:
    assert desk.ask("proxmox.validate", "read", files=files(WEB)) == {"errors": [], "documents": 1}
    [error] = desk.ask("proxmox.validate", "read", files=files(WEB, BAD))["errors"]
    assert (error["file"], error["line"], error["path"]) == ("file1.yaml", 5, "spec.cores")
    with pytest.raises(OperationError, match="no cluster 'far'"):
        desk.ask("proxmox.validate", files=files(WEB), cluster="far")


def test_a_plan_is_made_of_files_or_of_what_is_kept(desk: Desk) -> None:
    desk.look()
    with pytest.raises(OperationError, match="no declared state is kept"):
        desk.ask("proxmox.plan")
    given = desk.ask("proxmox.plan", "read", files=files(WEB))
    assert [one["new"] for one in given["plan"]["steps"]] == [{"name": "front"}]
    assert desk.ask("proxmox.wishes.keep", files=files(WEB), note="first") == {"version": 1, "documents": 1}
    kept = desk.ask("proxmox.plan", cluster="home")
    assert (kept["plan"]["digest"], kept["version"]) == (given["plan"]["digest"], 1)
    bad = desk.ask("proxmox.plan", files=files(BAD))
    assert bad["plan"] is None
    assert bad["errors"][0]["path"] == "spec.cores"


def test_what_has_faults_is_not_kept(desk: Desk) -> None:
    with pytest.raises(OperationError, match=r"file0.yaml:5: spec.cores") as refused:
        desk.ask("proxmox.wishes.keep", files=files(BAD))
    assert refused.value.status == 422
    assert desk.ask("proxmox.wishes")["version"] is None


def test_whoever_may_only_look_keeps_nothing(desk: Desk) -> None:
    with pytest.raises(OperationError, match="needs the scope admin"):
        desk.ask("proxmox.wishes.keep", "operate", files=files(WEB))
    with pytest.raises(OperationError, match="needs the scope admin"):
        desk.ask("proxmox.apply", "operate", digest="0" * 64, files=files(WEB))


def test_versions_can_be_looked_at(desk: Desk) -> None:
    desk.ask("proxmox.wishes.keep", files=files(WEB), note="first")
    desk.ask("proxmox.wishes.keep", files=files(WEB.replace("front", "back")))
    told = desk.ask("proxmox.wishes", "read")
    assert (told["version"], told["principal"]) == (2, "user:ada")
    assert "back" in told["files"][0]["text"]
    assert [(one["version"], one["note"]) for one in told["versions"]] == [(2, ""), (1, "first")]
    assert "front" in desk.ask("proxmox.wishes", version=1)["files"][0]["text"]
    with pytest.raises(OperationError, match="version 9"):
        desk.ask("proxmox.wishes", version=9)


def test_the_audit_trail_holds_no_files(desk: Desk) -> None:
    desk.ask("proxmox.wishes.keep", files=files(WEB), note="first")
    with changing(desk.data) as connection:
        [found] = audit.rows(connection, 10)
    assert found.entry.operation == "proxmox.wishes.keep"
    assert "front" not in str(found)


def test_an_estate_is_exported_and_plans_nothing(desk: Desk) -> None:
    desk.pve.ct(200, "ct", config={"rootfs": "local-lvm:vm-200-disk-0,size=4G", "memory": 512})
    desk.look()
    exported = desk.ask("proxmox.export", "read", cluster="home")["files"]
    assert [one["path"] for one in exported] == ["home/vm-101.yaml", "home/ct-200.yaml"]
    answer = desk.ask("proxmox.plan", files=exported)
    assert (answer["errors"], answer["plan"]["steps"], answer["plan"]["problems"]) == ([], [], [])
    [only] = desk.ask("proxmox.export", cluster="home", vmids=[200])["files"]
    assert only["path"] == "home/ct-200.yaml"
    with pytest.raises(OperationError, match="no guest 999"):
        desk.ask("proxmox.export", cluster="home", vmids=[999])


def test_drift_is_what_differs_from_what_is_kept(desk: Desk) -> None:
    desk.look()
    assert desk.ask("proxmox.drift", "read")["plan"] is None
    desk.ask("proxmox.wishes.keep", files=files(WEB))
    told = desk.ask("proxmox.drift", cluster="home")
    assert [one["new"] for one in told["plan"]["steps"]] == [{"name": "front"}]
    assert (told["since"], told["looked_at"], told["version"]) == (None, None, 1)
