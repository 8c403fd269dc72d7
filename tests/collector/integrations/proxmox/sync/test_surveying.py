"""A survey as part of a cycle: what was seen becomes part of the estate, what was not stays as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.integrations.proxmox.sync import surveying

from .looks import paths

if TYPE_CHECKING:
    from .....fakes.proxmox import FakeCluster
    from .looks import Looks

LATER = 400


def test_what_a_survey_could_not_see_stays_and_is_told(looks: Looks, pve: FakeCluster) -> None:
    pve.answer("GET /cluster/backup", [{"id": "nightly", "schedule": "02:00"}])
    pve.answer("GET /nodes/pve1/network", [{"iface": "vmbr0", "type": "bridge"}])
    looks.settle()
    pve.fail("GET", "/cluster/backup", 500, "no")
    pve.unanswer("GET /cluster/backup")
    pve.unanswer("GET /nodes/pve1/network")
    pve.fail("GET", "/nodes/pve1/network", 500, "no")
    looks.once(LATER)

    assert [one.id for one in looks.estate.backup_jobs] == ["nightly"]
    assert [one.id for one in looks.estate.networks] == ["pve1/vmbr0"]
    assert looks.area("backup jobs").state == "failed"
    assert looks.area("backup jobs").seen_ms < looks.now_ms == looks.area("backup jobs").since_ms
    assert looks.told() == []


def test_changes_that_only_a_survey_sees(looks: Looks, pve: FakeCluster) -> None:
    pve.answer("GET /cluster/backup", [{"id": "nightly", "schedule": "02:00", "next-run": 1}])
    looks.settle()
    pve.answer("GET /cluster/backup", [{"id": "nightly", "schedule": "03:00", "next-run": 2}, {"id": "weekly"}])
    looks.once(LATER)
    pve.answer("GET /cluster/backup", [{"id": "weekly"}])
    looks.once(LATER)

    assert looks.told() == [
        ("nightly", "config.schedule", "02:00", "03:00"),
        ("weekly", "", None, "weekly"),
        ("nightly", "", "nightly", None),
    ]


def test_what_could_not_be_seen_before_did_not_just_come(looks: Looks, pve: FakeCluster) -> None:
    pve.fail("GET", "/cluster/backup", 403, "Permission check failed (/, Sys.Audit)")
    looks.settle()
    pve.mend()
    pve.answer("GET /cluster/backup", [{"id": "nightly", "schedule": "02:00"}])
    looks.once(LATER)

    assert [one.id for one in looks.estate.backup_jobs] == ["nightly"]
    assert looks.told() == []


def test_contents_come_and_go_but_backups_are_no_changes(looks: Looks, pve: FakeCluster) -> None:
    where = "GET /nodes/pve1/storage/local/content"
    pve.answer(where, [{"volid": "local:iso/a.iso", "content": "iso"}])
    looks.settle()
    pve.answer(
        where,
        [
            {"volid": "local:iso/b.iso", "content": "iso"},
            {"volid": "local:backup/x", "content": "backup", "vmid": 100, "ctime": 5},
        ],
    )
    looks.once(LATER)

    assert looks.told() == [
        ("storage/pve1/local", "volume local:iso/a.iso", "local:iso/a.iso", None),
        ("storage/pve1/local", "volume local:iso/b.iso", None, "local:iso/b.iso"),
    ]
    assert [one.volid for one in looks.estate.contents] == ["local:backup/x", "local:iso/b.iso"]


def test_contents_of_a_node_that_is_away_stay_and_are_stale(looks: Looks, pve: FakeCluster) -> None:
    pve.node("pve2")
    pve.storage("nas", shared=True, content="iso")
    pve.answer("GET /nodes/pve1/storage/nas/content", [{"volid": "nas:iso/a.iso", "content": "iso"}])
    pve.answer("GET /nodes/pve2/storage/nas/content", [{"volid": "nas:iso/a.iso", "content": "iso"}])
    pve.answer("GET /nodes/pve2/storage/local/content", [{"volid": "local:iso/far.iso", "content": "iso"}])
    looks.settle()
    pve.offline("pve2")
    looks.once(LATER)

    assert looks.area("content/pve2/local").state == "stale"
    assert looks.area("content/nas").state == "seen"
    assert {one.volid for one in looks.estate.contents} >= {"local:iso/far.iso", "nas:iso/a.iso"}
    assert [one.volid for one in looks.estate.contents].count("nas:iso/a.iso") == 1


def test_a_storage_that_was_removed_takes_its_contents_along(looks: Looks, pve: FakeCluster) -> None:
    pve.storage("nas", content="iso")
    pve.answer("GET /nodes/pve1/storage/nas/content", [{"volid": "nas:iso/a.iso", "content": "iso"}])
    looks.settle()
    pve.merge("storages", {"nas": None})
    looks.once(LATER)

    assert "nas" not in {one.name for one in looks.estate.storages}
    assert [one for one in looks.estate.contents if one.storage == "nas"] == []
    assert looks.area("content/pve1/nas").reason == "it was not looked at yet"
    assert looks.told() == [("storage/pve1/nas", "", "nas", None)]


def test_nodes_say_what_they_are_and_what_their_guests_hold(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running")
    pve.answer("GET /nodes/pve1/status", {"pveversion": "pve-manager/9.0.10"})
    pve.answer("GET /nodes/pve1/qemu", [{"vmid": 100, "ballooninfo": {"total_mem": 9, "free_mem": 4}}])
    looks.settle()

    assert looks.estate.nodes[0].facts == {"pve": "pve-manager/9.0.10"}
    assert looks.estate.nodes[0].address == "192.0.2.11"
    assert looks.guest(100).balloon_memory_bytes == 5

    pve.answer("GET /nodes/pve1/qemu", [{"vmid": 100}])
    pve.answer("GET /nodes/pve1/status", {"pveversion": "pve-manager/9.1.1"})
    looks.once(LATER)
    assert looks.guest(100).balloon_memory_bytes is None
    assert looks.told() == [("node/pve1", "facts.pve", "pve-manager/9.0.10", "pve-manager/9.1.1")]


def test_addresses_are_asked_for_of_those_without_and_in_turn(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"agent": "1"})
    pve.vm(101, "off", config={"agent": "1"})
    told = {"result": [{"name": "eth0", "ip-addresses": [{"ip-address": "10.0.0.5"}]}]}
    where = "/nodes/pve1/qemu/100/agent/network-get-interfaces"
    pve.answer(f"GET {where}", told)
    looks.settle()
    assert looks.guest(100).addresses == ("10.0.0.5",)
    asked = [path for _ in range(surveying.ADDRESSES_TURNS) for path in paths(looks.once(300)) if "agent" in path]

    assert asked == [where]


def test_a_container_that_runs_tells_its_addresses(looks: Looks, pve: FakeCluster) -> None:
    pve.ct(200, "db", status="running")
    pve.answer("GET /nodes/pve1/lxc/200/interfaces", [{"name": "eth0", "inet": "10.0.0.6/24"}])
    looks.settle()

    assert looks.guest(200).addresses == ("10.0.0.6",)


def test_a_guest_whose_agent_is_silent_is_not_asked_each_time(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"agent": "1"})
    where = "/nodes/pve1/qemu/100/agent/network-get-interfaces"
    looks.settle()
    asked = [path for _ in range(surveying.ADDRESSES_TURNS) for path in paths(looks.once(300)) if path == where]
    assert len(asked) == 1
    pve.put("status", "stopped", guest=100)
    looks.once(300)
    pve.put("status", "running", guest=100)

    assert where in paths(looks.once(300))


@pytest.mark.parametrize(
    ("version", "held", "asked"),
    [
        ("9.0.10", {"/": {"VM.Audit": 1}}, False),
        ("9.0.10", {"/": {"VM.Audit": 1, "VM.Monitor": 1}}, False),
        ("9.0.10", {"/": {"VM.Audit": 1}, "/vms/100": {"VM.GuestAgent.Audit": 1}}, True),
        ("9.0.10", {"/": {"VM.Audit": 1}, "/pool/prod": {"VM.GuestAgent.Audit": 1}}, True),
        ("8.4.1", {"/": {"VM.Audit": 1, "VM.Monitor": 1}}, True),
    ],
)
def test_an_agent_is_asked_where_the_login_may(
    looks: Looks, pve: FakeCluster, version: str, held: dict[str, dict[str, int]], asked: bool
) -> None:
    pve.version(version)
    pve.vm(100, "web", status="running", config={"agent": "1"}, pool="prod")
    pve.answer("GET /access/permissions", held)
    looks.settle()

    assert any("/agent/" in path for path in paths(pve.requests())) is asked


def test_the_quorum_as_it_was_where_it_cannot_be_seen(looks: Looks, pve: FakeCluster) -> None:
    pve.fail("GET", "/cluster/status", 500, "no")

    assert surveying.quorate(opening.client(looks.data, "home"), known=True) is True


def test_replication_that_may_not_be_seen_any_more_is_not_gone(looks: Looks, pve: FakeCluster) -> None:
    whole = {"/": {"Sys.Audit": 1, "VM.Audit": 1, "Datastore.Audit": 1}}
    for vmid in (100, 101):
        pve.vm(vmid, f"web-{vmid}")
    jobs = [{"id": "100-0", "target": "pve2"}, {"id": "101-0", "target": "pve2"}]
    pve.answer("GET /access/permissions", whole)
    pve.answer("GET /cluster/replication", jobs)
    looks.settle()
    pve.answer("GET /access/permissions", whole | {"/vms/101": {"VM.PowerMgmt": 1}})
    pve.answer("GET /cluster/replication", jobs[:1])
    for _ in range(2):
        looks.once(LATER)
        assert [one.id for one in looks.estate.replication] == ["100-0", "101-0"]
    assert (looks.area("replication").state, looks.told()) == ("partial", [])
    pve.answer("GET /access/permissions", whole)
    looks.once(LATER)
    assert looks.told() == [("101-0", "", "101-0", None)]


def test_pools_that_may_not_be_seen_any_more_are_not_gone(looks: Looks, pve: FakeCluster) -> None:
    """The list leaves them out without a word."""
    whole = {"/": {"Sys.Audit": 1, "VM.Audit": 1, "Datastore.Audit": 1, "Pool.Audit": 1}}
    pve.answer("GET /access/permissions", whole)
    pve.answer("GET /pools", [{"poolid": "prod"}, {"poolid": "test"}])
    pve.answer("GET /pools/prod", {"members": []})
    pve.answer("GET /pools/test", {"members": []})
    looks.settle()
    pve.answer("GET /access/permissions", {"/": {"Sys.Audit": 1, "VM.Audit": 1, "Datastore.Audit": 1}})
    pve.answer("GET /pools", [])
    for _ in range(2):
        looks.once(LATER)
        assert [one.id for one in looks.estate.pools] == ["prod", "test"]
    assert (looks.area("pools").state, looks.told()) == ("not_permitted", [])
    pve.answer("GET /access/permissions", whole)
    pve.answer("GET /pools", [{"poolid": "prod"}])
    looks.once(LATER)
    assert looks.told() == [("test", "", "test", None)]


def test_what_a_login_lost_in_the_middle_of_a_survey_is_not_gone(looks: Looks, pve: FakeCluster) -> None:
    """What it may was read before it lost that, and the list after it: a second look tells."""
    pve.answer("GET /pools", [{"poolid": "prod"}, {"poolid": "test"}])
    pve.answer("GET /pools/prod", {"members": []})
    pve.answer("GET /pools/test", {"members": []})
    looks.settle()
    pve.answer("GET /pools", [{"poolid": "test"}])
    pve.fail("GET", "/access/permissions", 500, "a moment")
    looks.once(LATER)
    assert [one.id for one in looks.estate.pools] == ["prod", "test"]
    assert looks.told() == []
    pve.mend()
    looks.once(LATER)
    assert looks.told() == [("prod", "", "prod", None)]


def test_volumes_that_a_login_may_not_see_any_more_did_not_go(looks: Looks, pve: FakeCluster) -> None:
    """A storage leaves out the disks of guests that the login may not configure."""
    whole = {"/": {"Sys.Audit": 1, "VM.Audit": 1, "Datastore.Audit": 1, "VM.Config.Disk": 1}}
    images = [{"volid": f"local:100/{name}", "content": "images", "size": 5} for name in ("a.raw", "b.raw")]
    pve.answer("GET /access/permissions", whole)
    pve.answer("GET /nodes/pve1/storage/local/content", images)
    looks.settle()
    pve.answer("GET /access/permissions", {"/": {"Sys.Audit": 1, "VM.Audit": 1, "Datastore.Audit": 1}})
    pve.answer("GET /nodes/pve1/storage/local/content", [])
    looks.once(LATER)
    assert looks.told() == []
    pve.answer("GET /access/permissions", whole)
    pve.answer("GET /nodes/pve1/storage/local/content", images)
    looks.once(LATER)
    assert looks.told() == []
    pve.answer("GET /nodes/pve1/storage/local/content", images[:1])
    looks.once(LATER)
    assert [field for _, field, _, _ in looks.told()] == ["volume local:100/b.raw"]


def test_a_clock_that_was_set_back_holds_up_no_survey(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", config={"cores": 1})
    looks.settle()
    looks.once(-86_400)
    assert looks.estate.surveyed_ms == looks.now_ms
    looks.once()
    assert looks.guest(100).config_seen_ms == looks.now_ms
