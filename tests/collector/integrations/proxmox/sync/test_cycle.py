"""One cycle after another against a cluster: what is asked, what is seen, and what is never taken for gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.proxmox.sync import cycle
from wakeful_collector.read import proxmox

from .....fakes.proxmox.cluster import AUDITOR
from .looks import Looks, paths

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from .....fakes.proxmox import FakeCluster

POLL = ["/cluster/resources", "/cluster/tasks"]
WHO = "watcher@pve!wakeful"
META = "creation-qemu=9.0.2,ctime=1700000000"


def test_the_first_look_shows_everything_before_anything_is_read_closely(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"cores": 4})

    assert paths(looks.once()) == POLL
    assert looks.guest(100).status == "running"
    assert looks.guest(100).config_state == "stale"
    assert looks.attendant.has_more

    looks.once()
    assert looks.guest(100).config["cores"] == "4"
    assert not looks.attendant.has_more
    assert looks.told() == []


def test_a_cycle_without_a_change_is_two_requests(looks: Looks, pve: FakeCluster) -> None:
    for vmid in range(100, 110):
        pve.vm(vmid, f"vm{vmid}", status="running")
    looks.settle()

    assert paths(looks.once()) == POLL
    assert looks.told() == []


def test_a_cycle_asks_once_more_for_each_guest_that_changed(looks: Looks, pve: FakeCluster) -> None:
    for vmid in range(100, 110):
        pve.vm(vmid, f"vm{vmid}", status="running", config={"tags": "a"})
    looks.settle()
    for vmid in (101, 102, 103):
        pve.merge("config", {"tags": "a;b"}, guest=vmid)
    pve.call("guest", 104)
    pve.put("status", "stopped", guest=104)

    asked = paths(looks.once())

    assert asked[:2] == POLL
    assert sorted(asked[2:]) == [f"/nodes/pve1/qemu/{vmid}/pending" for vmid in (101, 102, 103, 104)]
    assert looks.told() == [
        *((f"qemu/{vmid}", "tags", "a", "a;b") for vmid in (101, 102, 103)),
        ("qemu/104", "status", "running", "stopped"),
    ]
    assert paths(looks.once()) == POLL


def test_every_guest_has_its_turn_within_the_time_for_details(looks: Looks, pve: FakeCluster) -> None:
    for vmid in range(100, 130):
        pve.vm(vmid, f"vm{vmid}", config={"description": "old"})
    looks.settle()
    pve.merge("config", {"description": "new"}, guest=117)  # at once and without a task: a poll shows nothing of it
    seen: list[int] = []
    for _ in range(62):
        asked = [one for one in paths(looks.once()) if one.endswith("/pending")]
        seen.append(len(asked))

    assert looks.told() == [("qemu/117", "config.description", "old", "new")]
    assert sum(seen) >= 30
    assert max(seen) <= 2  # a few in each cycle, not all at once


def test_a_task_that_ended_asks_for_a_look_though_the_poll_shows_nothing(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"meta": META})
    looks.settle()
    client = _client(looks)
    client.post("/nodes/pve1/qemu/100/snapshot", snapname="before", description="why")

    assert sorted(paths(looks.once())[2:]) == ["/nodes/pve1/qemu/100/pending", "/nodes/pve1/qemu/100/snapshot"]
    assert [one.name for one in looks.guest(100).snapshots] == ["before"]
    change = looks.changes()[0]
    assert (change.field, change.new, change.who) == ("snapshot before", "before", pve.token_id)
    assert ":qmsnapshot:100:" in change.upid


def test_who_changed_what_is_told_where_a_task_tells_and_nobody_is_named_else(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"meta": META, "description": "old"})
    looks.settle()
    client = _client(looks)
    client.put("/nodes/pve1/qemu/100/config", description="new")
    client.post("/nodes/pve1/qemu/100/status/stop")
    looks.once()

    by_field = {one.field: (one.old, one.new, one.who) for one in looks.changes()}
    assert by_field == {
        "config.description": ("old", "new", ""),
        "status": ("running", "stopped", pve.token_id),
    }


def test_a_guest_that_migrates_stays_the_same(looks: Looks, pve: FakeCluster) -> None:
    pve.node("pve2")
    pve.vm(100, "web", status="running", config={"meta": META})
    looks.settle()
    before = looks.guest(100)
    pve.call("migrate", 100, "pve2")
    looks.once()

    after = looks.guest(100)
    assert (after.node, after.mark, after.first_ms) == ("pve2", before.mark, before.first_ms)
    assert looks.told() == [("qemu/100", "node", "pve1", "pve2")]
    assert looks.changes()[0].who == "root@pam"


def test_a_guest_that_is_destroyed_is_marked_gone_with_all_that_was_known(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", config={"meta": META, "cores": 2})
    looks.settle()
    pve.forget(100)

    assert "/nodes/pve1/qemu/100/pending" in paths(looks.once())
    assert looks.estate.guests == ()
    gone = looks.guest(100)
    assert gone.gone_ms == looks.now_ms
    assert gone.config["cores"] == "2"
    assert [one.vmid for one in proxmox.gone_guests(looks.data, "home")] == [100]
    assert looks.told() == [("qemu/100", "", "web", None)]
    assert paths(looks.once()) == POLL


def test_another_guest_of_the_same_number_is_another_guest(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", config={"meta": META})
    looks.settle()
    pve.forget(100)
    pve.vm(100, "db", config={"meta": "creation-qemu=9.0.2,ctime=1800000000"})
    looks.once()

    assert looks.guest(100).mark == "ctime:1800000000"
    assert looks.guest(100).first_ms == looks.now_ms
    assert [one.mark for one in proxmox.gone_guests(looks.data, "home")] == ["ctime:1700000000"]
    assert looks.told() == [("qemu/100", "", "web", None), ("qemu/100", "", None, "db")]


def test_a_guest_that_the_login_may_not_see_any_more_is_not_gone(
    data: Path, pve: FakeCluster, kept: Callable[..., Any]
) -> None:
    pve.token(WHO)
    pve.grant(WHO, "/", *AUDITOR)
    pve.vm(100, "web", config={"meta": META})
    pve.vm(101, "db", config={"meta": META})
    kept(pve, login=WHO)
    looks = Looks(data, pve)
    looks.settle()
    pve.put("acl", {WHO: [["/vms/101", list(AUDITOR)]]})
    looks.once()

    hidden = looks.guest(100)
    assert hidden.gone_ms == 0
    assert (hidden.config_state, hidden.status) == ("not_permitted", "unknown")
    assert hidden.config["meta"] == META
    assert looks.told() == []
    assert all("/qemu/100/" not in path for path in paths(looks.once()))

    looks.once(400)  # the survey asks again, and knows the reason
    assert looks.area("guests").state == "partial"
    assert "/vms/101" in looks.area("guests").reason
    assert looks.guest(100).gone_ms == 0

    pve.put("acl", {WHO: [["/", list(AUDITOR)]]})
    looks.once()
    assert looks.guest(100).config_state == "seen"
    assert looks.told() == []


def test_a_login_that_may_nothing_sees_not_permitted_and_not_nothing(
    data: Path, pve: FakeCluster, kept: Callable[..., Any]
) -> None:
    pve.token(WHO)
    pve.grant(WHO, "/access", "Sys.Audit")
    pve.vm(100, "web")
    kept(pve, login=WHO)
    looks = Looks(data, pve)
    looks.settle()

    assert looks.estate.guests == ()
    assert looks.area("guests").state == "not_permitted"
    assert "VM.Audit" in looks.area("guests").reason
    assert looks.area("backup jobs").state == "not_permitted"
    assert looks.area("version").state == "seen"


def test_a_dead_node_never_blanks_the_cluster(looks: Looks, pve: FakeCluster) -> None:
    pve.node("pve2")
    pve.vm(100, "web", status="running", config={"meta": META, "cores": 2})
    pve.vm(200, "far", node="pve2", status="running", config={"meta": META, "cores": 8})
    looks.settle()
    pve.offline("pve2")
    asked = paths(looks.once(400))

    far = looks.guest(200)
    assert (far.status, far.known_status, far.config["cores"]) == ("unknown", "running", "8")
    assert (far.config_state, far.config_reason) == ("stale", "the node pve2 is offline")
    assert looks.guest(100).config_state == "seen"
    assert looks.area("node/pve2/status").state == "stale"
    assert looks.told() == [("node/pve2", "status", "online", "offline")]
    assert not any("/nodes/pve2/" in path for path in asked)

    pve.offline("pve2", offline=False)
    looks.once()
    assert looks.guest(200).config_state == "seen"
    assert looks.told()[1:] == [("node/pve2", "status", "offline", "online")]


def test_a_node_that_does_not_answer_though_it_counts_as_online_is_asked_once(looks: Looks, pve: FakeCluster) -> None:
    pve.node("pve2")
    for vmid in range(200, 240):
        pve.vm(vmid, f"vm{vmid}", node="pve2")
    pve.vm(100, "web")
    looks.once()
    for vmid in range(200, 240):
        pve.fail("GET", f"/nodes/pve2/qemu/{vmid}/pending", 595, "No route to host")
    asked = [one for one in paths(looks.once()) if "/nodes/pve2/qemu/" in one and one.endswith("/pending")]

    assert 1 <= len(asked) <= 6  # those that were under way when the first one failed
    assert looks.guest(100).config_state == "seen"
    assert looks.guest(239).config_state == "stale"
    assert "No route to host" in looks.guest(239).config_reason
    assert len(looks.estate.guests) == 41


def test_quorum_is_looked_at_again_only_while_something_is_odd(looks: Looks, pve: FakeCluster) -> None:
    pve.node("pve2")
    looks.settle()
    assert looks.estate.quorate is True
    pve.offline("pve2")
    pve.quorum(has=False)

    assert paths(looks.once()) == [*POLL, "/cluster/status"]
    assert looks.estate.quorate is False
    assert ("cluster", "quorate", "yes", "no") in looks.told()

    pve.offline("pve2", offline=False)
    pve.quorum(has=True)
    looks.once()
    assert looks.estate.quorate is True
    assert paths(looks.once()) == POLL


def test_many_guests_are_read_for_the_first_time_in_bounded_steps(
    looks: Looks, pve: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cycle, "MISSING_MAX", 3)
    for vmid in range(100, 107):
        pve.vm(vmid, f"vm{vmid}")
    looks.once()
    counts = []
    while looks.attendant.has_more:
        looks.once(1)
        counts.append(sum(bool(one.config_seen_ms) for one in looks.estate.guests))

    assert counts == [3, 6, 7]


def test_locks_and_other_noise_are_no_changes(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"meta": META})
    looks.settle()
    pve.put("lock", "backup", guest=100)
    looks.once()
    assert looks.guest(100).lock == "backup"
    pve.put("lock", None, guest=100)
    pve.merge("stats", {"cpu": 0.9, "mem": 5_000_000, "netin": 99}, guest=100)
    looks.once()

    assert looks.guest(100).lock == ""
    assert looks.told() == []


@pytest.mark.parametrize("version", ["7.4-17", "8.4.1", "9.0.10"])
def test_every_version_is_seen(looks: Looks, pve: FakeCluster, version: str) -> None:
    pve.version(version)
    pve.vm(100, "web")
    looks.settle()

    assert looks.estate.version == version
    assert looks.guest(100).config_state == "seen"
    asked = paths(pve.requests())
    assert ("/cluster/ha/rules" in asked) == (looks.estate.major >= 9)
    assert ("/cluster/ha/groups" in asked) == (looks.estate.major < 9)


def _client(looks: Looks) -> Any:
    from wakeful_collector.integrations.proxmox.link import opening

    return opening.client(looks.data, looks.name)


def test_a_node_that_was_taken_out_of_the_cluster_is_gone_with_its_storages(looks: Looks, pve: FakeCluster) -> None:
    pve.node("pve2")
    looks.settle()
    pve.merge("nodes", {"pve2": None})
    looks.once()

    assert [one.name for one in looks.estate.nodes] == ["pve1"]
    assert {one.node for one in looks.estate.storages} == {"pve1"}
    assert ("node/pve2", "", "pve2", None) in looks.told()
    gone = proxmox.node(looks.data, "home", "pve2")
    assert gone is not None
    assert gone.gone_ms == looks.now_ms


def test_nodes_and_storages_that_the_login_may_not_see_any_more_are_not_gone(looks: Looks, pve: FakeCluster) -> None:
    pve.node("pve2")
    looks.settle()
    pve.merge("nodes", {"pve2": None})
    pve.answer("GET /access/permissions", {"/vms": {"VM.Audit": 1}})
    looks.once()

    assert {one.name: one.status for one in looks.estate.nodes} == {"pve1": "online", "pve2": "unknown"}
    assert {one.status for one in looks.estate.storages if one.node == "pve2"} == {"unknown"}
    assert looks.told() == []


def test_storages_stay_hidden_when_a_survey_has_learned_what_the_login_may(looks: Looks, pve: FakeCluster) -> None:
    looks.settle()
    known = {one.name for one in looks.estate.storages}
    listed = [row for row in _client(looks).rows("/cluster/resources") if row["type"] != "storage"]
    pve.answer("GET /cluster/resources", listed)
    pve.answer("GET /access/permissions", {"/": {"VM.Audit": 1, "Sys.Audit": 1}})
    for _ in range(3):
        looks.once(400)
        assert {one.name: one.status for one in looks.estate.storages} == dict.fromkeys(known, "unknown")
    assert looks.told() == []


def test_a_task_is_news_once_though_its_time_is_told_in_whole_seconds(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"meta": META})
    looks.settle()
    ended = looks.now_ms // 1000 - 1
    row = {"node": "pve1", "type": "qmconfig", "id": "100", "user": "ann@pve", "endtime": ended, "status": "OK"}
    for number in (1, 2):  # of each the poll tells only after it is over
        pve.merge("config", {"description": f"new {number}"}, guest=100)
        rows = [row | {"upid": f"UPID:pve1:{each}:qmconfig:100:ann@pve:"} for each in range(1, number + 1)]
        pve.answer("GET /cluster/tasks", rows)
        assert paths(looks.once())[2:] == ["/nodes/pve1/qemu/100/pending"]
    assert paths(looks.once()) == POLL

    assert [(one.new, one.who) for one in looks.changes()] == [("new 1", "ann@pve"), ("new 2", "ann@pve")]


def test_after_a_start_tasks_that_ended_meanwhile_are_news(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"meta": META})
    looks.settle()
    looks.again()
    upid = f"UPID:pve1:00000001:00000001:{looks.now_ms // 1000:08X}:qmconfig:100:ann@pve:"
    pve.merge("config", {"description": "new"}, guest=100)
    ended = looks.now_ms // 1000 + 5
    row = {"upid": upid, "node": "pve1", "type": "qmconfig", "id": "100", "user": "ann@pve", "status": "OK"}
    pve.answer("GET /cluster/tasks", [row | {"starttime": ended - 1, "endtime": ended}])
    looks.once()

    assert [(one.field, one.who, one.at_ms) for one in looks.changes()] == [
        ("config.description", "ann@pve", ended * 1000)
    ]
