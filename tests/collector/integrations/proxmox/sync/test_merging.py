"""What a poll and an answer say, laid over what was known."""

from __future__ import annotations

import msgspec

from wakeful_collector.integrations.proxmox.sync import merging
from wakeful_collector.integrations.proxmox.sync.configs import Config, Snapshots
from wakeful_collector.model.estate import Guest, Node, Snapshot, Storage

KNOWN = Guest(
    "home",
    100,
    "qemu",
    "ctime:1",
    "web",
    "pve1",
    "running",
    "running",
    cpus=2,
    memory_bytes=5,
    digest="d1",
    config={"cores": "2"},
    snapshots=(Snapshot("s"),),
    current_snapshot="s",
    config_state="seen",
    config_seen_ms=7,
    first_ms=3,
)


def test_a_guest_of_a_node_that_is_away_keeps_what_the_poll_does_not_tell() -> None:
    found = merging.guest(KNOWN, Guest("home", 100, "qemu", node="pve1"), 9)

    assert found == msgspec.structs.replace(KNOWN, status="unknown")


def test_what_a_poll_tells_of_a_guest_of_a_node_that_is_away_counts() -> None:
    known = msgspec.structs.replace(KNOWN, tags=("a",), template=True)
    away = Guest("home", 100, "qemu", node="pve1")

    assert merging.guest(known, away, 9).tags == ("a",)
    assert merging.guest(known, away, 9).template
    assert merging.guest(known, msgspec.structs.replace(away, tags=("b",)), 9).tags == ("b",)
    back = msgspec.structs.replace(away, status="stopped")
    assert (merging.guest(known, back, 9).tags, merging.guest(known, back, 9).template) == ((), False)


def test_a_new_guest_begins_now() -> None:
    found = merging.guest(None, Guest("home", 100, "qemu", node="pve1", status="stopped"), 9)

    assert (found.first_ms, found.known_status, found.config_state) == (9, "stopped", "stale")


def test_settings_as_they_were_read() -> None:
    found = merging.configured(KNOWN, Config({"cores": "4"}, {"vga": "std"}, "d2", "s"), None, 20)

    assert (found.config, found.pending, found.digest) == ({"cores": "4"}, {"vga": "std"}, "d2")
    assert (found.snapshots, found.current_snapshot) == (KNOWN.snapshots, "s")
    assert (found.config_state, found.config_seen_ms, found.mark) == ("seen", 20, "ctime:1")


def test_snapshots_as_they_were_read() -> None:
    told = Snapshots((Snapshot("a"), Snapshot("b")), "b")

    found = merging.configured(KNOWN, Config({}, {}, "d2", ""), told, 20)

    assert (found.snapshots, found.current_snapshot) == (told.snapshots, "b")


def test_a_digest_that_is_not_told_is_forgotten_once_the_settings_are_others() -> None:
    same = merging.configured(KNOWN, Config({"cores": "2"}, {}, "", ""), None, 20)
    other = merging.configured(KNOWN, Config({"cores": "4"}, {}, "", ""), None, 20)

    assert (same.digest, other.digest) == ("d1", "")


def test_what_could_not_be_read_says_why_and_stays() -> None:
    states = {
        kind: merging.unread(KNOWN, kind, "why").config_state
        for kind in ("forbidden", "node_unreachable", "garbled", "server")
    }

    assert states == {
        "forbidden": "not_permitted",
        "node_unreachable": "stale",
        "garbled": "failed",
        "server": "failed",
    }
    assert merging.unread(KNOWN, "server", "why").config == {"cores": "2"}


def test_nodes_and_storages_keep_what_only_a_survey_tells() -> None:
    node = Node("home", "pve1", "online", "10.0.0.1", facts={"pve": "9"}, first_ms=3)
    storage = Storage("home", "nas", "pve1", "nfs", config={"path": "/a"}, first_ms=3)

    assert merging.node(node, Node("home", "pve1", "offline"), 9) == msgspec.structs.replace(node, status="offline")
    assert merging.node(None, Node("home", "pve1"), 9).first_ms == 9
    merged = merging.storage(storage, Storage("home", "nas", "pve1", status="available", shared=True), 9)
    assert merged == msgspec.structs.replace(storage, status="available", shared=True)
    assert merging.storage(None, Storage("home", "nas", "pve1"), 9).first_ms == 9
