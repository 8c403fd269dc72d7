"""What goes wrong in the middle of a deed: nodes, certificates, tokens, networks, and guests that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.read import proxmox_deeds as deeds
from wakeful_collector.store import proxmox_clusters
from wakeful_collector.store.changes import changing

from .conftest import end_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.store.proxmox_deeds import DeedRow

    from .....fakes.proxmox import FakeCluster
    from .conftest import Desk


@pytest.fixture
def begun(pve: FakeCluster, desk: Desk) -> Callable[..., DeedRow]:
    """Begin a deed whose task runs until it is told to end."""

    def begin(kind: str = "start", **given: object) -> DeedRow:
        pve.pace(1.0)
        pve.vm(101, "web", status="running" if kind in {"shutdown", "stop"} else "stopped")
        for name in ("start_secs", "stop_secs", "shutdown_secs"):
            pve.put(name, 10_000, guest=101)
        asked = desk.ask(f"proxmox.guest.{kind}", vmid=101, **given)
        return desk.until(asked["deed"]["id"], lambda row: bool(row.upid))

    return begin


def ended(desk: Desk, row: DeedRow) -> DeedRow:
    return desk.until(row.id, lambda one: not one.is_open)


def noted(desk: Desk, row: DeedRow, words: str) -> DeedRow:
    return desk.until(row.id, lambda one: words in one.note)


def test_the_node_is_away_for_a_while(pve: FakeCluster, desk: Desk, begun: Callable[..., DeedRow]) -> None:
    row = begun()
    pve.offline("pve1")
    noted(desk, row, "it cannot be seen")
    end_task(pve, row.upid, "OK")
    pve.offline("pve1", offline=False)
    assert ended(desk, row).state == "ok"


@pytest.mark.parametrize(("status", "state"), [("running", "ok"), ("stopped", "failed")])
def test_the_node_reboots_while_the_task_runs(
    pve: FakeCluster, desk: Desk, begun: Callable[..., DeedRow], status: str, state: str
) -> None:
    """Its task has no last line; after the reboot the guest was started, or it was not."""
    row = begun()
    pve.put("status", status, guest=101)
    pve.put("qmpstatus", status, guest=101)
    end_task(pve, row.upid, "unexpected status")
    found = ended(desk, row)
    assert (found.state, found.exitstatus) == (state, "unexpected status")


def test_the_log_of_the_task_is_gone(pve: FakeCluster, desk: Desk, begun: Callable[..., DeedRow]) -> None:
    row = begun()
    pve.fail("GET", f"/tasks/{row.upid}/log", 500, "unable to open file - No such file or directory")
    pve.fail("GET", f"/tasks/{row.upid}/status", 400, "Parameter verification failed.")
    pve.put("status", "running", guest=101)
    pve.put("qmpstatus", "running", guest=101)
    found = ended(desk, row)
    assert found.state == "ok"
    assert "although its task says" in found.summary


def test_the_certificate_changes_and_is_trusted(
    pve: FakeCluster, desk: Desk, kept: Callable[..., Cluster], begun: Callable[..., DeedRow]
) -> None:
    kept(pve, ca="", fingerprints=[pve.fingerprint])
    row = begun()
    shown = pve.renew()
    pve.stop()
    pve.start()
    noted(desk, row, "it cannot be seen")
    kept(pve, ca="", fingerprints=[shown])
    end_task(pve, row.upid, "OK")
    assert ended(desk, row).state == "ok"


def test_the_token_is_replaced(
    pve: FakeCluster, desk: Desk, kept: Callable[..., Cluster], begun: Callable[..., DeedRow]
) -> None:
    row = begun()
    other = "11111111-2222-4333-8444-555555555555"
    pve.token(pve.token_id, other)
    noted(desk, row, "it cannot be seen")
    kept(pve, secret=other)
    end_task(pve, row.upid, "OK")
    assert ended(desk, row).state == "ok"
    for file in desk.data.iterdir():
        assert file.is_dir() or other.encode() not in file.read_bytes()


def test_the_cluster_is_taken_away(desk: Desk, begun: Callable[..., DeedRow]) -> None:
    row = begun()
    with changing(desk.data) as connection:
        proxmox_clusters.remove(connection, "home")
    found = ended(desk, row)
    assert found.state == "lost"
    assert "not set up any more" in found.summary


def test_the_guest_is_gone_meanwhile(pve: FakeCluster, desk: Desk, begun: Callable[..., DeedRow]) -> None:
    row = begun("stop")
    pve.forget(101)
    end_task(pve, row.upid, "unexpected status")
    found = ended(desk, row)
    assert found.state == "lost"


def test_a_guest_of_the_same_number_is_left_alone(pve: FakeCluster, desk: Desk) -> None:
    pve.vm(101, "web", status="running", config={"meta": "ctime=1700000000"})
    asked = desk.ask("proxmox.guest.stop", vmid=101)
    pve.forget(101)
    pve.vm(101, "db", status="running", config={"meta": "ctime=1800000000"})
    found = desk.ended(asked)
    assert found.state == "refused"
    assert "VM 101 (db) is another guest than the one that was meant" in found.summary
    assert pve.writes() == []


def test_protected_between_asking_and_doing(pve: FakeCluster, desk: Desk) -> None:
    pve.vm(101, "web", status="running")
    asked = desk.ask("proxmox.guest.stop", vmid=101)
    pve.merge("config", {"protection": 1}, guest=101)
    found = desk.ended(asked)
    assert (found.state, pve.writes()) == ("refused", [])


def test_quorum_is_lost(pve: FakeCluster, desk: Desk) -> None:
    pve.vm(101, "web")
    pve.quorum(False)
    found = desk.do("start", vmid=101)
    assert (found.state, found.exitstatus) == ("failed", "cluster not ready - no quorum?")


def test_a_token_that_may_only_look(pve: FakeCluster, desk: Desk, kept: Callable[..., Cluster]) -> None:
    pve.vm(101, "web")
    pve.token("eve@pve!look", "99999999-2222-4333-8444-555555555555")
    pve.grant("eve@pve!look", "/", "VM.Audit", "Sys.Audit")
    kept(pve, login="eve@pve!look", secret="99999999-2222-4333-8444-555555555555")
    found = desk.do("start", vmid=101)
    assert (found.state, found.exitstatus) == ("failed", "Permission check failed (/vms/101, VM.PowerMgmt)")


def test_an_older_cluster_tells_its_errors_too(pve: FakeCluster, desk: Desk) -> None:
    pve.version("7.4-17")
    pve.vm(101, "web", status="running")
    assert desk.do("stop", vmid=101).state == "ok"
    pve.quorum(False)
    assert desk.do("start", vmid=101).exitstatus == "cluster not ready - no quorum?"


@pytest.mark.parametrize("kind", ["snapshot", "start"])
def test_a_flaky_network_makes_nothing_happen_twice(pve: FakeCluster, desk: Desk, kind: str) -> None:
    """A third of the connections break, before or after the request is read."""
    asked = []
    for at in range(8):
        pve.vm(1_000 + at, "web")
        given = {"snapshot": "s1"} if kind == "snapshot" else {}
        asked.append(desk.ask(f"proxmox.guest.{kind}", vmid=1_000 + at, **given))
    pve.flaky(drop_rate=0.3)
    for one in asked:
        desk.ended(one)
    pve.flaky()
    for at, one in enumerate(asked):
        found = deeds.deed(desk.data, one["deed"]["id"])
        assert found is not None
        path = f"/nodes/pve1/qemu/{1_000 + at}/"
        assert len([sent for sent in pve.writes() if sent.path.startswith(path)]) <= 1
        has = pve.get("snapshots" if kind == "snapshot" else "status", guest=1_000 + at)
        is_true = bool(has) if kind == "snapshot" else has == "running"
        if found.state == "ok":
            assert is_true, found
        elif found.state in {"failed", "refused"}:
            assert not is_true, found
        else:
            assert found.state == "lost"
