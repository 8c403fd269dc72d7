"""Approving plans: by digest, once, and by whom it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.operations.registry import OperationError

from .conftest import files

if TYPE_CHECKING:
    from .conftest import Desk

WEB = """
apiVersion: wakeful/v1
kind: VirtualMachine
metadata: {vmid: 101}
spec: {name: front}
"""


def test_the_same_request_is_one_apply(desk: Desk) -> None:
    digest = desk.plan(WEB)["digest"]
    first = desk.ask("proxmox.apply", digest=digest, files=files(WEB), request_key="k")["apply"]
    assert (first["state"], first["count"], first["done"]) == ("asked", 1, 0)
    assert desk.ask("proxmox.apply", digest=digest, files=files(WEB), request_key="k")["apply"]["id"] == first["id"]
    assert len(desk.ask("proxmox.applies", limit=5)["applies"]) == 1


def test_a_key_stands_for_one_plan_alone(desk: Desk) -> None:
    digest = desk.plan(WEB)["digest"]
    desk.ask("proxmox.apply", digest=digest, files=files(WEB), request_key="k")
    for other in ({"digest": "0" * 64}, {"digest": digest, "allow_destroy": True}):
        with pytest.raises(OperationError, match="used for another plan") as refused:
            desk.ask("proxmox.apply", files=files(WEB), request_key="k", **other)
        assert (refused.value.code, refused.value.status) == ("request_key_taken", 409)
    assert desk.ask("proxmox.apply", digest=digest, files=files(WEB), request_key="k", dry_run=True)["dry_run"]
    assert len(desk.ask("proxmox.applies", limit=5)["applies"]) == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"files": files(WEB)}, "invalid"),
        ({"files": files(WEB), "digest": "0" * 64}, "digest"),
        ({"files": files("a: [")[:1], "digest": "0" * 64}, "faults"),
        ({"digest": "0" * 64}, "no_wishes"),
        ({"resume": "nothing"}, "unknown_apply"),
        ({"digest": "zz"}, "invalid"),
    ],
)
def test_what_cannot_be_approved_is_refused(desk: Desk, given: dict, code: str) -> None:
    desk.look()
    with pytest.raises(OperationError) as refused:
        desk.ask("proxmox.apply", **given)
    assert refused.value.code == code
    assert 400 <= refused.value.status < 500


def test_a_plan_of_nothing_and_one_that_needs_more_are_refused(desk: Desk) -> None:
    empty = WEB.replace("front", "web")
    with pytest.raises(OperationError, match="nothing to do"):
        desk.apply(empty)
    with pytest.raises(OperationError, match="allow_stop"):
        desk.apply(WEB.replace("name: front", "state: stopped"))


def test_unknown_and_open_ones_are_told(desk: Desk) -> None:
    for operation in ("proxmox.applies", "proxmox.apply.stop"):
        with pytest.raises(OperationError, match="no apply"):
            desk.ask(operation, id="nothing")
    digest = desk.plan(WEB)["digest"]
    asked = desk.ask("proxmox.apply", digest=digest, files=files(WEB))["apply"]["id"]
    with pytest.raises(OperationError, match="has not ended"):
        desk.ask("proxmox.apply", resume=asked)


def test_what_is_kept_can_be_approved_without_sending_it_again(desk: Desk) -> None:
    desk.look()
    desk.ask("proxmox.wishes.keep", files=files(WEB))
    digest = desk.ask("proxmox.plan")["plan"]["digest"]
    assert desk.approve(digest)["state"] == "ok"
    assert desk.ask("proxmox.plan")["plan"]["steps"] == []


def test_only_so_many_wait_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wakeful_collector.integrations.proxmox.declare.apply_operations.OPEN_MAX", 1)
    digest = desk.plan(WEB)["digest"]
    desk.ask("proxmox.apply", digest=digest, files=files(WEB))
    with pytest.raises(OperationError, match="carried out already"):
        desk.ask("proxmox.apply", digest=digest, files=files(WEB))


def test_a_dry_run_of_going_on_writes_nothing(desk: Desk) -> None:
    """Whoever asks what going on would do has not said that it is to be done."""
    desk.pve.fail("POST", "/nodes/pve1/qemu/101/config", 500, "the disk is full", times=1)
    ended = desk.apply(WEB)
    assert ended["state"] == "failed"
    told = desk.ask("proxmox.apply", resume=ended["id"], dry_run=True)
    assert (told["dry_run"], [one["kind"] for one in told["steps"]]) == (True, ["change"])
    assert [one["path"] for one in told["requests"]] == ["/nodes/pve1/qemu/101/config"]
    [row] = desk.ask("proxmox.applies", id=ended["id"])["applies"]
    assert (row["state"], row["steps"][0]["state"]) == ("failed", "failed")


def test_a_digest_does_not_approve_the_end_of_another_guest(desk: Desk) -> None:
    """The plan that was looked at said VM 101 (web); by now another guest has the number."""
    gone = WEB.replace("name: front", "state: absent")
    plan = desk.plan(gone)
    desk.pve.forget(101)
    desk.pve.vm(101, "db", status="running")
    desk.look()
    with pytest.raises(OperationError, match="another one by now"):
        desk.approve(plan["digest"], files=files(gone), allow_destroy=True)
    assert desk.pve.call("guest", 101) is not None
