"""What counts as a change, and what is noise."""

from __future__ import annotations

import msgspec
import pytest

from wakeful_collector.integrations.proxmox.sync import compare
from wakeful_collector.model.estate import Guest, Item, Node, Snapshot, Storage

GUEST = Guest(
    "home",
    100,
    "qemu",
    name="web",
    node="pve1",
    status="running",
    known_status="running",
    tags=("a",),
    config={"cores": "2", "name": "web", "digest": "1"},
    config_seen_ms=5,
)


def changed(**fields: object) -> list[compare.Difference]:
    return compare.guest(GUEST, msgspec.structs.replace(GUEST, **fields))


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"name": "www"}, [("name", "web", "www")]),
        ({"node": "pve2"}, [("node", "pve1", "pve2")]),
        ({"status": "stopped", "known_status": "stopped"}, [("status", "running", "stopped")]),
        ({"tags": ("a", "b")}, [("tags", "a", "a;b")]),
        ({"pool": "prod"}, [("pool", "", "prod")]),
        ({"template": True}, [("template", "0", "1")]),
        ({"config": {"cores": "4"}}, [("config.cores", "2", "4")]),
        ({"config": {}}, [("config.cores", "2", None)]),
        ({"pending": {"cores": "4"}}, [("pending.cores", None, "4")]),
        ({"pending": {"cores": None}}, [("pending.cores", None, "(removed)")]),
        ({"snapshots": (Snapshot("s1"),)}, [("snapshot s1", None, "s1")]),
    ],
)
def test_what_changed_is_told_with_old_and_new(fields: dict[str, object], found: list[object]) -> None:
    assert changed(**fields) == found


@pytest.mark.parametrize(
    "fields",
    [
        {"lock": "backup"},
        {"ha_state": "migrate"},
        {"digest": "x"},
        {"status": "unknown"},
        {"status": "unknown", "name": ""},
        {"config": {"cores": "2", "digest": "2", "vmgenid": "g", "unused0": "l:v", "lock": "backup"}},
        {"addresses": ("10.0.0.1",)},
        {"config_seen_ms": 9},
    ],
)
def test_noise_is_no_change(fields: dict[str, object]) -> None:
    assert changed(**fields) == []


def test_what_was_not_known_before_did_not_change() -> None:
    unread = msgspec.structs.replace(GUEST, config={}, config_seen_ms=0)

    assert compare.guest(unread, GUEST) == []


def test_rolling_back_is_a_change_where_both_snapshots_are_there() -> None:
    both = (Snapshot("a"), Snapshot("b"))
    before = msgspec.structs.replace(GUEST, snapshots=both, current_snapshot="b")
    after = msgspec.structs.replace(GUEST, snapshots=both, current_snapshot="a")

    assert compare.guest(before, after) == [("current snapshot", "b", "a")]


def test_coming_and_going() -> None:
    assert compare.guest(None, GUEST) == [("", None, "web")]
    assert compare.guest(GUEST, None) == [("", "web", None)]
    assert compare.node(Node("home", "pve1"), None) == [("", "pve1", None)]
    assert compare.storage(None, Storage("home", "nas", "pve1")) == [("", None, "nas")]
    assert compare.item(None, Item("job")) == [("", None, "job")]
    assert compare.item(None, None) == []


def test_a_snapshot_that_went() -> None:
    before = msgspec.structs.replace(GUEST, snapshots=(Snapshot("a"),))

    assert compare.guest(before, GUEST) == [("snapshot a", "a", None)]


def test_nodes_and_storages() -> None:
    up = Node("home", "pve1", "online", "10.0.0.1", facts={"pve": "8"})
    down = Node("home", "pve1", "offline", "10.0.0.2", facts={"pve": "9"})
    assert compare.node(up, down) == [
        ("status", "online", "offline"),
        ("address", "10.0.0.1", "10.0.0.2"),
        ("facts.pve", "8", "9"),
    ]
    assert compare.node(up, Node("home", "pve1", "unknown")) == []
    nas = Storage("home", "nas", "pve1", "nfs", ("iso",), status="available", config={"path": "/a", "digest": "1"})
    other = Storage("home", "nas", "pve1", "nfs", ("backup", "iso"), status="unknown", config={"path": "/b"})
    assert compare.storage(nas, other) == [("content", "iso", "backup;iso"), ("config.path", "/a", "/b")]


def test_items_without_what_moves_by_itself() -> None:
    before = Item("job", config={"schedule": "02:00", "next-run": "1"})
    after = Item("job", config={"schedule": "03:00", "next-run": "2"})

    assert compare.item(before, after) == [("config.schedule", "02:00", "03:00")]


def test_volumes_that_came_and_went() -> None:
    assert compare.volumes(["a", "b"], ["b", "c"]) == [("volume a", "a", None), ("volume c", None, "c")]


def test_values_are_bounded() -> None:
    (found,) = changed(config={"cores": "2", "description": "x" * 10_000})

    assert found.new is not None
    assert len(found.new) == compare.VALUE_CHARACTERS_MAX
    assert found.new.endswith("...")
