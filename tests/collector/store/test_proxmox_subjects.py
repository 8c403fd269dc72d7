from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.model.subject import FIRST_KEY
from wakeful_collector.store import database, proxmox_subjects
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400_000


def test_keys_lie_far_above_those_of_hosts(data: Path) -> None:
    with changing(data) as connection:
        first = proxmox_subjects.add(connection, "home", "qemu/100", "", 1)
        proxmox_subjects.recognise(connection, first, "ctime=1")
        second = proxmox_subjects.add(connection, "home", "qemu/100", "ctime=2", 5)
        proxmox_subjects.add(connection, "lab", "qemu/100", "", 5)
        assert proxmox_subjects.count(connection) == 3
    assert (first, second) == (FIRST_KEY, FIRST_KEY + 1)
    reader = database.reader(data, "state")
    found = proxmox_subjects.here(reader, "home")
    assert found == {"qemu/100": proxmox_subjects.Subject(second, "qemu/100", "ctime=2", 5)}
    assert proxmox_subjects.key_of(reader, "home", "qemu/100") == second
    assert proxmox_subjects.key_of(reader, "home", "qemu/101") is None


def test_what_was_not_seen_for_long_is_dropped_and_then_forgotten(data: Path) -> None:
    with changing(data) as connection:
        old = proxmox_subjects.add(connection, "home", "qemu/100", "", 1)
        new = proxmox_subjects.add(connection, "home", "qemu/101", "", 1)
        proxmox_subjects.add_gaps(connection, [(old, 0, 5), (new, 0, 5)])
        proxmox_subjects.see(connection, [new], 10 * DAY)
        assert proxmox_subjects.prune(connection, 5 * DAY, 10 * DAY) == 1
        assert proxmox_subjects.dropped_keys(connection) == [old]
        assert proxmox_subjects.key_of(connection, "home", "qemu/100") is None
        proxmox_subjects.prune(connection, 5 * DAY, 13 * DAY)
        assert proxmox_subjects.dropped_keys(connection) == []
        assert [gap.key for gap in proxmox_subjects.gaps(connection, "home", 9)] == [new]
        assert proxmox_subjects.add(connection, "home", "qemu/102", "", 1) == new + 1


def test_a_removed_cluster_drops_all_of_its_own(data: Path) -> None:
    with changing(data) as connection:
        mine = proxmox_subjects.add(connection, "home", "qemu/100", "", 1)
        other = proxmox_subjects.add(connection, "lab", "qemu/100", "", 1)
        proxmox_subjects.add_gaps(connection, [(mine, 0, 5), (other, 0, 5)])
        proxmox_subjects.forget(connection, "home", 9)
        assert proxmox_subjects.dropped_keys(connection) == [mine]
        assert proxmox_subjects.gaps(connection, "home", 9) == []
        assert len(proxmox_subjects.gaps(connection, "lab", 9)) == 1


def test_short_gaps_come_first(data: Path) -> None:
    with changing(data) as connection:
        key = proxmox_subjects.add(connection, "home", "node/pve1", "", 1)
        proxmox_subjects.add_gaps(connection, [(key, 0, 100), (key, 500, 900), (key, 600, 900)])
        found = proxmox_subjects.gaps(connection, "home", 9)
        assert [(gap.from_ms, gap.to_ms) for gap in found] == [(500, 900), (0, 100)]
        assert (found[0].cluster, found[0].id) == ("home", "node/pve1")
        proxmox_subjects.close_gap(connection, found[0])
        assert proxmox_subjects.gaps(connection, "home", 9) == found[1:]
