"""Plans of the files and estates there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.declare import planning
from wakeful_collector.operations.registry import OperationError

from .conftest import files

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Desk

WEB = """
apiVersion: wakeful/v1
kind: VirtualMachine
metadata: {cluster: home, vmid: 101}
spec: {name: front}
"""


def test_which_guests_were_meant_is_noted(desk: Desk) -> None:
    desk.pve.merge("config", {"meta": "creation-qemu=9.0.2,ctime=1700000000"}, guest=101)
    desk.look()
    found = planning.planned(desk.data, {"files": files(WEB)}, clock.now_ms())
    assert found.marks == {"home/101": "ctime=1700000000"}
    assert found.document()["version"] is None


def test_clusters_are_planned_together_or_one_alone(desk: Desk, kept: Callable[..., Any]) -> None:
    kept(desk.pve, name="lab")
    desk.look()
    desk.ask("proxmox.wishes.keep", files=files(WEB, WEB.replace("home", "lab")))
    whole = planning.planned(desk.data, {}, clock.now_ms())
    assert {one.cluster for one in whole.plan.steps} | {one.cluster for one in whole.plan.problems} == {"home", "lab"}
    alone = planning.planned(desk.data, {"cluster": "home"}, clock.now_ms())
    assert {one.cluster for one in alone.plan.steps} == {"home"}
    assert alone.plan.problems == ()


def test_a_cluster_that_is_not_set_up_is_told(desk: Desk) -> None:
    with pytest.raises(OperationError, match="known are home"):
        planning.planned(desk.data, {"cluster": "far"}, clock.now_ms())
    assert planning.names(desk.data) == ["home"]
