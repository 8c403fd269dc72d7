"""What a cycle reads again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from wakeful_collector.integrations.proxmox.sync import outlook
from wakeful_collector.model.estate import Guest, Snapshot, Task

NOW_MS = 10_000_000
DETAIL_MS = 300_000


def guest(vmid: int = 100, **more: Any) -> Guest:
    base = Guest(
        "home",
        vmid,
        "qemu",
        name="web",
        node="pve1",
        status="running",
        known_status="running",
        config={"cores": "1"},
        config_state="seen",
        config_seen_ms=NOW_MS - 10_000,
    )
    return msgspec.structs.replace(base, **more)


def wanted(before: list[Guest], after: list[Guest], worked: Any = frozenset(), **more: Any) -> outlook.Wanted:
    told = {"turns": 10, "detail_ms": DETAIL_MS, "tried": {}, "away": frozenset()} | more
    away = told.pop("away")
    return outlook.wanted({one.id: one for one in before}, {one.id: one for one in after}, worked, away, NOW_MS, **told)


def test_nothing_where_nothing_changed() -> None:
    assert wanted([guest()], [guest()]) == ([], [], [])


@pytest.mark.parametrize(
    "change",
    [
        {"status": "stopped"},
        {"node": "pve2"},
        {"name": "www"},
        {"tags": ("a",)},
        {"pool": "p"},
        {"template": True},
        {"memory_bytes": 5},
        {"cpus": 2.0},
        {"disk_bytes": 5},
    ],
)
def test_what_changed_in_the_poll(change: dict[str, Any]) -> None:
    assert wanted([guest()], [guest(**change)]).changed == ["qemu/100"]


def test_a_lock_is_looked_at_when_it_goes() -> None:
    assert wanted([guest()], [guest(lock="backup")]).changed == []
    assert wanted([guest(lock="backup")], [guest()]).changed == ["qemu/100"]


def test_an_unknown_status_asks_for_nothing_and_a_return_only_when_it_is_another() -> None:
    away = guest(status="unknown")

    assert wanted([guest()], [away]).changed == []
    assert wanted([away], [guest()]).changed == []
    assert wanted([away], [guest(status="stopped", known_status="stopped")]).changed == ["qemu/100"]


def test_after_a_task_at_a_guest() -> None:
    done = Task("UPID:1", "pve1", "qmsnapshot", "100", ended_ms=NOW_MS, status="OK")
    watched = Task("UPID:2", "pve1", "vncproxy", "100", ended_ms=NOW_MS, status="OK")

    assert outlook.worked_at([done, watched, Task("UPID:3", "pve1", "qmconfig", "odd")]) == {100}
    assert outlook.worked_at([watched]) == frozenset()
    assert wanted([guest()], [guest()], frozenset({100})).changed == ["qemu/100"]


def test_what_was_never_read_and_what_failed_but_not_at_once_again() -> None:
    new = guest(config={}, config_state="stale", config_seen_ms=0)
    failed = guest(101, config_state="failed", config_seen_ms=0)

    assert wanted([], [new, failed]).missing == ["qemu/100", "qemu/101"]
    assert wanted([new, failed], [new, failed], tried={"qemu/101": NOW_MS - 1_000}).missing == ["qemu/100"]
    assert "qemu/101" in wanted([new, failed], [new, failed], tried={"qemu/101": NOW_MS - 60_000}).missing


def test_whose_turn_it_is_the_longest_not_seen_first() -> None:
    some = [guest(vmid, config_seen_ms=NOW_MS - DETAIL_MS - vmid) for vmid in (100, 101, 102)]
    some.append(guest(103, config_seen_ms=NOW_MS - DETAIL_MS + 1))

    assert wanted(some, some, turns=2).turn == ["qemu/102", "qemu/101"]


def test_nothing_of_nodes_that_are_away() -> None:
    assert wanted([guest()], [guest(name="x")], away=frozenset({"pve1"})) == ([], [], [])


def test_turns_go_round_within_the_time_for_details() -> None:
    assert outlook.turns(1_500, 10_000, DETAIL_MS) == 50
    assert outlook.turns(3, 10_000, DETAIL_MS) == 1
    assert outlook.turns(5_000, 9_000_000, DETAIL_MS) == 5_000
    assert outlook.turns(7, 0, 0) == 7


def test_a_large_cluster_is_not_asked_more_for_it() -> None:
    assert outlook.turns(5_000, 10_000, DETAIL_MS) == outlook.turns(50_000, 10_000, DETAIL_MS) == 50
    assert outlook.turns(5_000, 10_000, 86_400_000) == 1, "nor more than it needs"


def test_when_snapshots_are_worth_a_request() -> None:
    before, after = guest(), guest(config={"cores": "2"})
    task = Task("UPID:1", "pve1", "qmdelsnapshot", "100", ended_ms=NOW_MS, status="OK")
    held = guest(snapshots=(Snapshot("s"),), current_snapshot="s")

    assert outlook.wants_snapshots(None, after, digest_changed=True, tasks=[])
    assert not outlook.wants_snapshots(before, after, digest_changed=True, tasks=[])  # the settings explain the digest
    assert outlook.wants_snapshots(before, before, digest_changed=True, tasks=[])  # nothing explains it
    assert not outlook.wants_snapshots(before, before, digest_changed=False, tasks=[])
    assert outlook.wants_snapshots(before, before, digest_changed=False, tasks=[task])
    assert outlook.wants_snapshots(before, guest(current_snapshot="s"), digest_changed=True, tasks=[])
    assert outlook.wants_snapshots(held, guest(config={}, current_snapshot="s"), digest_changed=True, tasks=[])
