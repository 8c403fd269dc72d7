"""What was acted on a moment ago is read again before it is planned with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.declare import refreshing
from wakeful_collector.read import proxmox

from .conftest import files

if TYPE_CHECKING:
    from .conftest import Desk

WEB = """
apiVersion: wakeful/v1
kind: VirtualMachine
metadata: {vmid: 101}
spec: {name: front}
---
apiVersion: wakeful/v1
kind: VirtualMachine
metadata: {vmid: 150}
spec: {node: pve1, name: fresh}
---
apiVersion: wakeful/v1
kind: Pool
metadata: {name: prod}
spec: {members: [101, 150]}
"""


def test_a_plan_after_an_apply_is_empty_before_the_next_look(desk: Desk) -> None:
    assert desk.apply(WEB)["state"] == "ok"
    assert proxmox.estate(desk.data, "home").guest(150) is None
    vmids, pools = refreshing.touched(desk.data, proxmox.estate(desk.data, "home"), clock.now_ms())
    assert (vmids, pools) == ({101, 150}, {"prod"})
    assert desk.ask("proxmox.plan", files=files(WEB))["plan"]["steps"] == []


def test_what_was_long_ago_or_seen_since_is_not_read_again(desk: Desk) -> None:
    desk.apply(WEB)
    estate = proxmox.estate(desk.data, "home")
    later_ms = clock.now_ms() + refreshing.RECENT_MS + 60_000
    before = len(desk.pve.requests())
    assert refreshing.refreshed(desk.data, estate, later_ms) == estate
    assert len(desk.pve.requests()) == before


def test_a_cluster_that_is_away_leaves_the_estate_as_it_was_seen(desk: Desk) -> None:
    desk.apply(WEB)
    estate = proxmox.estate(desk.data, "home")
    desk.pve.stop()
    assert refreshing.refreshed(desk.data, estate, clock.now_ms()) == estate
    desk.pve.start()
