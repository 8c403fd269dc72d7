"""Applies to which something of a moment happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .approved import asked

if TYPE_CHECKING:
    from .conftest import Desk


def test_a_cluster_that_cannot_be_looked_at_for_a_moment_leaves_no_container_stopped(desk: Desk) -> None:
    config = {"rootfs": "local-lvm:vm-200-disk-0,size=4G", "memory": 512}
    desk.pve.ct(200, "ct", status="running", config=config)
    desk.pve.storage("ceph", type="rbd", content="images,rootdir")
    text = """
    apiVersion: wakeful/v1
    kind: Container
    metadata: {cluster: home, vmid: 200}
    spec: {rootfs: {storage: ceph}}
    """
    apply_id = asked(desk, text, allow_stop=True)
    desk.pve.fail("GET", "/cluster/resources", 500, "a moment", times=1)
    before = len(desk.pve.requests())
    assert [one["state"] for one in desk.ended(apply_id)["steps"]] == ["ok"]
    assert [one.path.rpartition("/")[2] for one in desk.pve.writes(before)] == ["shutdown", "move_volume", "start"]
    assert desk.look().guest(200).status == "running"


def test_a_pool_whose_making_was_not_answered_is_lost_and_no_fault_of_ours(desk: Desk) -> None:
    text = """
    apiVersion: wakeful/v1
    kind: Pool
    metadata: {cluster: home, name: prod}
    spec: {comment: x}
    """
    apply_id = asked(desk, text)
    desk.pve.fail("POST", "/pools", 596, "timeout", times=1)
    ended = desk.ended(apply_id)
    assert (ended["state"], "no answer came" in ended["summary"]) == ("lost", True)
