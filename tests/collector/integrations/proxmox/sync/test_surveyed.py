"""What the answers to a survey say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.integrations.proxmox.sync import surveyed
from wakeful_collector.model.estate import Item, Storage

from .test_listing import ANYTHING

NAS = Storage("home", "nas", "pve1", shared=True, status="available")


def test_the_quorum_and_the_addresses_of_nodes() -> None:
    rows = [
        {"type": "cluster", "name": "lab", "quorate": 0},
        {"type": "node", "name": "pve1", "ip": "10.0.0.1"},
        {"type": "node", "name": "pve2", "ip": "10.0.0.2"},
    ]

    assert surveyed.status(rows) == (False, {"pve1": "10.0.0.1", "pve2": "10.0.0.2"})
    assert surveyed.status(rows[1:2]) == (True, {"pve1": "10.0.0.1"})  # a node that stands alone
    assert surveyed.status([]) == (None, {})


def test_things_with_their_settings() -> None:
    rows = [{"id": "b", "enabled": True, "prune-backups": {"keep-last": 3, "keep-daily": "7"}, "x": None, "l": [2, 1]}]

    assert surveyed.items(rows, "id") == {
        "b": Item("b", config={"enabled": "1", "l": "1;2", "prune-backups": "keep-daily=7,keep-last=3"})
    }
    assert list(surveyed.items([{"rule": "r"}], "rule", "rule:")) == ["rule:r"]


def test_a_pool_with_its_storages() -> None:
    members = {"members": [{"type": "storage", "storage": "nas"}, {"type": "qemu", "vmid": 100}]}
    listed = Item("prod", config={"comment": "all of it", "other": "x"})

    for answer in (members, [members]):
        assert surveyed.pool(listed, answer).config == {"comment": "all of it", "storages": "nas"}
    assert surveyed.pool(listed, "odd").config["storages"] == ""


def test_what_a_node_is() -> None:
    answer = {
        "pveversion": "pve-manager/9.0.10",
        "cpuinfo": {"model": "EPYC", "cpus": 16, "sockets": 1},
        "memory": {"total": 64},
        "current-kernel": {"release": "6.14"},
        "loadavg": ["0.1"],
        "boot-info": "odd",
    }

    assert surveyed.facts(answer) == {
        "pve": "pve-manager/9.0.10",
        "kernel": "6.14",
        "cpu": "EPYC",
        "cpus": "16",
        "sockets": "1",
        "memory_bytes": "64",
    }


def test_networks_of_a_node() -> None:
    found = surveyed.networks("pve1", [{"iface": "vmbr0", "type": "bridge", "priority": 3, "active": 1}])

    assert found == {"pve1/vmbr0": Item("pve1/vmbr0", "pve1", {"active": "1", "type": "bridge"})}


def test_what_a_node_knows_of_its_virtual_machines() -> None:
    rows = [
        {"vmid": 100, "qmpstatus": "paused", "ballooninfo": {"total_mem": 100, "free_mem": 30}},
        {"vmid": 101, "qmpstatus": "running", "ballooninfo": "odd"},
        {"vmid": "odd"},
    ]
    found = surveyed.inside(rows)

    assert found["qemu/100"] == (70, {"qmpstatus": "paused"})
    assert found["qemu/101"].balloon_memory_bytes is None
    assert len(found) == 2


def test_a_shared_storage_is_asked_for_once_and_never_on_a_node_that_is_away() -> None:
    stores = [
        NAS,
        Storage("home", "nas", "pve2", shared=True, status="available"),
        Storage("home", "local", "pve1", status="available"),
        Storage("home", "local", "pve2", status="available"),
        Storage("home", "local", "pve3", status="available"),
    ]
    found = surveyed.to_ask(stores, frozenset({"pve2", "pve3"}))

    assert [one.id for one in found] == ["storage/pve2/local", "storage/pve3/local", "storage/pve2/nas"]
    assert [surveyed.place(one) for one in found] == ["content/pve2/local", "content/pve3/local", "content/nas"]


def test_volumes_of_a_storage() -> None:
    rows = [
        {"volid": "nas:iso/x.iso", "content": "iso", "size": 5},
        {
            "volid": "nas:backup/a",
            "content": "backup",
            "vmid": "100",
            "ctime": 7,
            "protected": 1,
            "notes": "n",
            "verification": {"state": "ok"},
        },
    ]
    backup, iso = surveyed.volumes(NAS, rows)

    assert (iso.size_bytes, iso.vmid) == (5, None)
    assert (backup.vmid, backup.at_ms, backup.is_protected, backup.verification) == (100, 7_000, True, "ok")


def test_numbers_and_version_and_definitions() -> None:
    assert surveyed.numbers([{"vmid": 101}, {"vmid": "100"}, {"vmid": "x"}]) == (100, 101)
    assert surveyed.version({"version": "8.4.1"}) == "8.4.1"
    assert surveyed.storages([{"storage": "nas", "type": "nfs"}, {"type": "dir"}]) == {"nas": {"type": "nfs"}}


@pytest.mark.parametrize("name", ["status", "numbers", "storages", "inside"])
@given(rows=st.lists(ANYTHING, max_size=4))
def test_no_answer_breaks_it(name: str, rows: list[Any]) -> None:
    getattr(surveyed, name)(rows)


@given(st.dictionaries(st.sampled_from(["iface", "volid", "size", "vmid", "ctime", "id", "cpuinfo"]), ANYTHING))
def test_no_row_breaks_it(row: dict[str, Any]) -> None:
    surveyed.networks("pve1", [row])
    surveyed.volumes(NAS, [row])
    surveyed.items([row], "id")
    surveyed.facts(row)
