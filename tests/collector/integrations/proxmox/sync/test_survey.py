"""What changes seldom, looked at as a whole; each part that cannot be seen says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.integrations.proxmox.sync import survey
from wakeful_collector.integrations.proxmox.sync.survey import Surveyor
from wakeful_collector.model.estate import Area, Storage

from .looks import paths

if TYPE_CHECKING:
    from .....fakes.proxmox import FakeCluster
    from .looks import Looks


def surveyor(looks: Looks) -> Surveyor:
    return Surveyor(opening.client(looks.data, "home"), 7)


def areas(one: Surveyor) -> dict[str, Area]:
    return {area.name: area for area in one.found.areas}


def test_the_cluster_as_a_whole(looks: Looks, pve: FakeCluster) -> None:
    pve.answer("GET /cluster/backup", [{"id": "nightly", "schedule": "02:00", "enabled": 1}])
    pve.answer("GET /cluster/replication", [{"id": "100-0", "target": "pve2"}])
    pve.answer("GET /cluster/backup-info/not-backed-up", [{"vmid": 101, "type": "qemu"}])
    pve.answer("GET /cluster/ha/resources", [{"sid": "vm:100", "state": "started"}])
    pve.answer("GET /cluster/ha/rules", [{"rule": "apart", "type": "resource-affinity"}])
    pve.answer("GET /pools", [{"poolid": "prod", "comment": "c"}])
    pve.answer("GET /pools/prod", {"members": [{"type": "storage", "storage": "nas"}]})
    one = surveyor(looks)
    one.whole()
    found = one.found

    assert (found.version, found.quorate, found.not_in_backup) == ("9.0.10", True, (101,))
    assert set(found.items["ha"]) == {"vm:100", "rule:apart"}
    assert found.items["backup_job"]["nightly"].config == {"enabled": "1", "schedule": "02:00"}
    assert found.items["replication"]["100-0"].config == {"target": "pve2"}
    assert found.items["pool"]["prod"].config == {"comment": "c", "storages": "nas"}
    assert found.permissions is not None
    assert found.permissions["/"]["VM.Audit"] == 1
    assert found.storages is not None
    assert set(found.storages) == {"local", "local-lvm"}
    assert {area.state for area in found.areas} == {"seen"}


def test_a_pool_below_another_is_asked_for_by_its_whole_name(looks: Looks, pve: FakeCluster) -> None:
    """It has no path of its own: asked for by one, all pools would be unknown to that version."""
    pve.answer("GET /pools", [{"poolid": "prod"}, {"poolid": "prod/web", "comment": "c"}])
    pve.answer("GET /pools/prod", {"members": []})
    pve.fail("GET", "/pools/prod/web", 501, "Method 'GET /pools/prod/web' not implemented")
    one = surveyor(looks)
    one.whole()
    assert areas(one)["pools"].state == "seen"
    assert one.found.items["pool"]["prod/web"].config["comment"] == "c"
    assert [each.query for each in pve.requests() if each.path == "/pools"] == [{}, {"poolid": "prod/web"}]


def test_parts_that_cannot_be_seen_say_why_and_are_not_empty(looks: Looks, pve: FakeCluster) -> None:
    pve.fail("GET", "/cluster/backup", 403, "Permission check failed (/, Sys.Audit)")
    pve.fail("GET", "/cluster/ha/resources", 501, "Method 'GET /cluster/ha/resources' not implemented")
    pve.answer("GET /cluster/replication", None)
    pve.fail("GET", "/cluster/status", 596, "timeout")
    one = surveyor(looks)
    one.whole()

    assert {"backup_job", "ha", "replication"}.isdisjoint(one.found.items)
    assert one.found.quorate is None
    states = {name: area.state for name, area in areas(one).items()}
    assert states["backup jobs"] == "not_permitted"
    assert "Sys.Audit" in areas(one)["backup jobs"].reason
    assert states["ha"] == "absent"
    assert states["replication"] == "failed"
    assert states["status"] == "stale"
    assert states["permissions"] == "seen"


def test_nodes_that_are_there_and_those_that_are_away(looks: Looks, pve: FakeCluster) -> None:
    pve.node("pve2")
    pve.answer("GET /nodes/pve1/qemu", [{"vmid": 100, "ballooninfo": {"total_mem": 9, "free_mem": 4}}])
    pve.answer("GET /nodes/pve1/network", [{"iface": "vmbr0", "type": "bridge"}])
    pve.answer("GET /nodes/pve1/status", {"pveversion": "pve-manager/9.0.10"})
    one = surveyor(looks)
    one.nodes(["pve1"], ["pve2"], 1_700_000_000_000)

    assert one.found.facts == {"pve1": {"pve": "pve-manager/9.0.10"}}
    assert list(one.found.networks["pve1"]) == ["pve1/vmbr0"]
    assert one.found.inside["qemu/100"].balloon_memory_bytes == 5
    assert areas(one)["node/pve2/networks"].reason == "the node pve2 is offline"
    assert not any("/pve2/" in path for path in paths(pve.requests()))
    (asked,) = [one for one in pve.requests() if one.path == "/nodes/pve1/tasks"]
    assert asked.query["since"] == "1700000000"


def test_contents_of_storages(looks: Looks, pve: FakeCluster) -> None:
    pve.answer("GET /nodes/pve1/storage/nas/content", [{"volid": "nas:iso/a.iso", "content": "iso"}])
    pve.fail("GET", "/nodes/pve1/storage/local/content", 500, "storage 'local' is not online")
    nas = Storage("home", "nas", "pve1", shared=True)
    one = surveyor(looks)
    one.storages([nas, Storage("home", "local", "pve1")], frozenset({"pve1"}))

    assert [volume.volid for volume in one.found.contents["content/nas"]] == ["nas:iso/a.iso"]
    assert "content/pve1/local" not in one.found.contents
    assert areas(one)["content/pve1/local"].reason == "storage 'local' is not online"


def test_names_that_are_no_steps_of_a_path_cost_the_others_nothing(looks: Looks, pve: FakeCluster) -> None:
    pve.answer("GET /nodes/pve1/storage/nas/content", [{"volid": "nas:iso/a.iso", "content": "iso"}])
    one = surveyor(looks)
    one.storages([Storage("home", "..", "pve1"), Storage("home", "nas", "pve1")], frozenset({"pve1"}))
    one.nodes([".."], [], 0)

    assert list(one.found.contents) == ["content/pve1/nas"]
    assert {area.state for name, area in areas(one).items() if ".." in name} == {"failed"}


def test_lists_that_were_filtered_without_a_word_are_corrected() -> None:
    seen = [Area("guests", "seen", "", 7, 7), Area("ha", "seen", "", 7, 7), Area("pools", "failed", "why", 7)]

    found = survey.judged(seen, {"/": {"Sys.Audit": 1}})

    assert [one.state for one in found] == ["not_permitted", "seen", "failed"]
