"""Guests, nodes and storages as rows."""

from __future__ import annotations

import msgspec

from wakeful_collector.integrations.proxmox.pages import rows
from wakeful_collector.model.estate import Estate, Usage
from wakeful_collector.read.proxmox_hosts import Memory

from .estate_data import GIB, GUESTS, HOME, NODES, STORAGES, USAGE, guest

ESTATE = Estate(HOME, nodes=NODES, guests=GUESTS, storages=STORAGES, usage=USAGE)


def test_a_guest_that_does_not_run_uses_nothing() -> None:
    running, stopped = rows.guests(
        [guest(1, "a"), guest(2, "b", status="stopped")],
        {"qemu/1": Usage(0.5), "qemu/2": Usage(0.5)},
        {"qemu/1": Memory(1, 2, "poll")},
    )
    assert (running.cpu, running.memory, running.word.text) == (0.5, Memory(1, 2, "poll"), "Running")
    assert (stopped.cpu, stopped.memory, stopped.word.text) == (None, None, "Stopped")


def test_notes_say_what_to_know() -> None:
    one = guest(1, "a", lock="backup", ha_state="error", pending={"memory": "1"}, config={"protection": "1"})
    assert rows.notes(one) == [
        ("warn", "locked: backup"),
        ("bad", "HA error"),
        ("warn", "1 change pending"),
        ("none", "protected"),
    ]
    assert rows.notes(guest(1, "a", ha_state="started")) == [("none", "HA started")]
    assert rows.notes(guest(1, "a", config_state="not_permitted")) == [("warn", "configuration not permitted")]
    assert rows.notes(guest(1, "a", config_state="failed")) == [("warn", "configuration could not be read")]


def test_a_node_counts_its_guests_and_one_that_is_offline_uses_nothing() -> None:
    first, second = rows.nodes(ESTATE)
    assert (first.node.name, first.guests, first.running, first.cpu) == ("pve1", 4, 2, 0.31)
    assert second.memory is not None
    away = msgspec.structs.replace(ESTATE, nodes=(msgspec.structs.replace(NODES[0], status="offline"),))
    (gone,) = rows.nodes(away)
    assert (gone.word.text, gone.cpu, gone.disk) == ("Offline", None, None)


def test_a_shared_storage_stands_once_with_its_nodes() -> None:
    found = {(row.storage.name, row.nodes): row for row in rows.storages(STORAGES, USAGE)}
    assert set(found) == {
        ("backup", ("pve1", "pve2")),
        ("local-zfs", ("pve1",)),
        ("local-zfs", ("pve2",)),
        ("old", ("pve1",)),
    }
    assert found["backup", ("pve1", "pve2")].word.text == "Available", "one node that has it is enough"
    assert found["old", ("pve1",)].used is None
    assert found["backup", ("pve1", "pve2")].usage.disk_max_bytes == 4_000 * GIB
