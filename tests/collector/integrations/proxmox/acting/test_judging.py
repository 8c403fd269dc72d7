"""How deeds ended: by their tasks, and by their guests where tasks tell nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.acting import judging, looking, tasks
from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Target
from wakeful_collector.integrations.proxmox.acting.tasks import Outcome

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.link.client import Client

    from .....fakes.proxmox import FakeCluster

UNKNOWN = Outcome(tasks.UNKNOWN, "unexpected status", upid="UPID:x")
FAILED = Outcome(tasks.FAILED, "VM 101 already running")


@pytest.fixture
def target(pve: FakeCluster, client: Client) -> Target:
    pve.node("pve2")
    pve.vm(101, "web", status="running", config={"meta": "ctime=1"})
    found = looking.look(client, 101)
    assert found is not None
    return found


def judged(client: Client, target: Target, outcome: Outcome, kind: str, /, **arguments: Any) -> str:
    """Return the state that a deed ends in."""
    return judging.judge(client, Deed(kind, "home", 101, arguments), target, outcome).state


def test_a_good_end_is_told_in_words(client: Client, target: Target) -> None:
    said = judging.judge(client, Deed("clone", "home", 101, {"new_vmid": 105}), target, Outcome("ok", "OK", warnings=2))
    assert said.summary == "Clone: VM 101 (web) is copied as 105, with 2 warnings"
    assert judged(client, target, Outcome(tasks.GAVE_UP, "", upid="UPID:x"), "backup") == "lost"


def test_running_already_is_what_was_wanted(pve: FakeCluster, client: Client, target: Target) -> None:
    """A VM's task fails with that, a container's call: either way somebody else was first."""
    end = judging.judge(client, Deed("start", "home", 101), target, FAILED)
    assert (end.state, end.exitstatus) == ("ok", FAILED.exitstatus)
    assert "although its task says" in end.summary
    assert judged(client, target, Outcome(tasks.FAILED, "boom"), "stop") == "failed"
    assert judged(client, target, FAILED, "reboot") == "failed"
    pve.forget(101)
    assert judged(client, target, Outcome(tasks.FAILED, "boom"), "delete") == "ok"


def test_after_an_unknown_end_the_guest_tells(pve: FakeCluster, client: Client, target: Target) -> None:
    assert judged(client, target, UNKNOWN, "start") == "ok"
    assert judged(client, target, UNKNOWN, "stop") == "failed"
    assert judged(client, target, UNKNOWN, "delete") == "failed"
    pve.put("lock", "destroyed", guest=101)
    assert judged(client, target, UNKNOWN, "delete") == "lost"
    pve.put("lock", None, guest=101)
    assert judged(client, target, UNKNOWN, "reboot") == "lost"
    assert judged(client, target, Outcome(tasks.UNKNOWN, "no answer came"), "stop") == "lost"
    assert judged(client, target, UNKNOWN, "snapshot", snapshot="s1") == "failed"
    assert judged(client, target, UNKNOWN, "snapshot_delete", snapshot="s1") == "ok"
    pve.merge("snapshots", {"s1": {"snaptime": 1}}, guest=101)
    assert judged(client, target, UNKNOWN, "snapshot", snapshot="s1") == "ok"
    assert judged(client, target, UNKNOWN, "migrate", target="pve2") == "failed"
    pve.put("node", "pve2", guest=101)
    assert judged(client, target, UNKNOWN, "migrate", target="pve2") == "ok"
    assert judged(client, target, UNKNOWN, "clone", new_vmid=105) == "failed"
    pve.vm(105, "copy", config={"meta": "ctime=2"})
    assert judged(client, target, UNKNOWN, "clone", new_vmid=105) == "ok"
    pve.merge("config", {"lock": "clone"}, guest=105)
    assert judged(client, target, UNKNOWN, "clone", new_vmid=105) == "lost"
    new = Target("qemu", 106, "pve1", status="absent")
    assert judging.judge(client, Deed("create", "home", 106), new, UNKNOWN).state == "failed"


def test_a_failed_snapshot_is_not_mended_by_one_of_that_name(pve: FakeCluster, client: Client, target: Target) -> None:
    pve.merge("snapshots", {"s1": {"snaptime": 1}}, guest=101)
    assert judged(
        client, target, Outcome(tasks.FAILED, "snapshot name 's1' already used"), "snapshot", snapshot="s1"
    ) == ("failed")


@pytest.mark.parametrize("kind", ["start", "delete", "migrate"])
def test_where_nobody_can_look_it_is_lost(pve: FakeCluster, client: Client, target: Target, kind: str) -> None:
    pve.offline("pve1")
    pve.offline("pve2")
    end = judging.judge(client, Deed(kind, "home", 101, {"target": "pve2"}), target, UNKNOWN)
    assert end.state == "lost"
    assert "look at VM 101 (web)" in end.summary


def settled(
    client: Client, target: Target, kind: str, pause: Any = None, seconds: float = 60.0, /, **given: Any
) -> Outcome:
    wait = pause or (lambda _: None)
    found = judging.settle(client, Deed(kind, "home", 101, given), target, wait, seconds)
    assert found is not None
    return found


def managed(pve: FakeCluster, client: Client, state: str) -> Target:
    pve.put("ha_state", state, guest=101)
    found = looking.look(client, 101)
    assert found is not None
    return found


def test_what_ha_does_not_manage_is_not_waited_for(client: Client, target: Target) -> None:
    assert judging.settle(client, Deed("stop", "home", 101), target, lambda _: None) is None


def test_the_ha_manager_is_waited_for(pve: FakeCluster, client: Client, target: Target) -> None:
    held = managed(pve, client, "started")
    assert judging.settle(client, Deed("snapshot", "home", 101), held, lambda _: None) is None
    assert settled(client, held, "start").ok
    stops = settled(client, held, "stop", lambda _: pve.put("status", "stopped", guest=101))
    assert stops.ok
    assert settled(client, held, "migrate", lambda _: pve.put("node", "pve2", guest=101), target="pve2").ok


def test_the_ha_manager_may_not_do_it(pve: FakeCluster, client: Client, target: Target) -> None:
    held = managed(pve, client, "started")
    late = settled(client, held, "stop", None, 0.5)
    assert late.state == tasks.GAVE_UP
    assert "the guest is running on pve1" in late.exitstatus
    broken = settled(client, managed(pve, client, "error"), "stop")
    assert (broken.state, broken.exitstatus) == (tasks.FAILED, "the HA manager has the guest in the state error")


def test_while_the_ha_manager_is_waited_for_the_node_may_be_away(
    pve: FakeCluster, client: Client, target: Target
) -> None:
    held = managed(pve, client, "started")
    pve.offline("pve1")

    def back(_seconds: float) -> None:
        pve.offline("pve1", offline=False)
        pve.put("status", "stopped", guest=101)

    assert settled(client, held, "stop", back).ok
    pve.fail("GET", "/nodes/pve1/qemu/101/status/current", 403, "Permission check failed")
    assert settled(client, held, "stop").state == tasks.UNKNOWN
    assert settled(client, held, "stop", None, 0.0).state == tasks.GAVE_UP
    assert target.ha == ""


def test_a_guest_that_moved_is_not_gone(pve: FakeCluster, client: Client, target: Target) -> None:
    """The node it was on says that it does not exist, which is why deleting it failed."""
    pve.forget(101)
    pve.vm(101, "web", node="pve2")
    refused = Outcome(tasks.FAILED, "Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist")
    assert judged(client, target, refused, "delete") == "failed"
