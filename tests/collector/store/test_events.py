from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import database, events
from wakeful_wire.push import Event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def connection(data: Path) -> Iterator[sqlite3.Connection]:
    with closing(database.writer(data, "state")) as opened:
        yield opened


def _event(name: str, at_ms: int) -> Event:
    return Event(name, at_ms, "agent.started", "subject", {"n": name})


def test_an_event_is_kept_once_for_each_host(connection: sqlite3.Connection) -> None:
    assert events.add(connection, 1, [_event("a", 10), _event("b", 20)], 100) == 2
    assert events.add(connection, 1, [_event("a", 10), _event("c", 30)], 101) == 1
    assert events.add(connection, 2, [_event("a", 10)], 101) == 1
    assert [row["id"] for row in events.page(connection, 1, None, 10)] == ["c", "b", "a"]
    assert len(events.page(connection, None, None, 10)) == 4


def test_pages_follow_each_other_without_loss(connection: sqlite3.Connection) -> None:
    events.add(connection, 1, [_event(str(number), number // 2) for number in range(9)], 100)
    seen, before = [], None
    while rows := events.page(connection, 1, before, 4):
        seen += [row["id"] for row in rows]
        before = (rows[-1]["at_ms"], rows[-1]["seq"])
    assert sorted(seen) == sorted(str(number) for number in range(9))


KINDS = {"alpha": "agent.started", "beta": "agent.stopped", "gamma": "recovery.failed"}


@pytest.mark.parametrize("host", [None, 1])
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("agent.started", ["alpha"]),
        ("agent.*", ["beta", "alpha"]),
        ("*.[!s]*", ["gamma"]),
        ("agent", []),
        ("*", ["gamma", "beta", "alpha"]),
    ],
)
def test_kinds_and_patterns(
    connection: sqlite3.Connection, host: int | None, pattern: str, expected: list[str]
) -> None:
    told = [Event(name, at, kind, "", {}) for at, (name, kind) in enumerate(KINDS.items())]
    events.add(connection, 1, told, 100)
    assert [row["id"] for row in events.page(connection, host, None, 10, pattern)] == expected


def test_a_page_of_a_rare_kind_is_full_while_there_are_more(connection: sqlite3.Connection) -> None:
    told = [Event(str(at), at, "rare.one" if at % 500 == 0 else "common", "", {}) for at in range(5_000)]
    events.add(connection, 1, told, 100)
    rows = events.page(connection, None, None, 7, "rare.*")
    assert [row["at_ms"] for row in rows] == [4_500, 4_000, 3_500, 3_000, 2_500, 2_000, 1_500]
    rest = events.page(connection, None, (rows[-1]["at_ms"], rows[-1]["seq"]), 7, "rare.*")
    assert [row["at_ms"] for row in rest] == [1_000, 500, 0]


@pytest.mark.parametrize("host", [None, 1])
def test_a_machine_that_invents_kinds_costs_a_walk_and_not_an_error(
    connection: sqlite3.Connection, host: int | None
) -> None:
    told = [Event(str(at), at, f"kind.{at:04}", "", {}) for at in range(200)]
    events.add(connection, 1, told, 100)
    assert [row["id"] for row in events.page(connection, host, None, 3, "kind.01*")] == ["199", "198", "197"]


def test_a_hosts_oldest_events_go_at_the_bound(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PER_HOST_MAX", 2)
    events.add(connection, 1, [_event(name, 5) for name in "abcd"], 100)
    events.add(connection, 2, [_event("x", 5)], 100)
    assert events.prune(connection, 0) == 2
    assert [row["id"] for row in events.page(connection, None, None, 10)] == ["x", "d", "c"]


def test_old_events_go_and_so_do_those_of_a_forgotten_host(connection: sqlite3.Connection) -> None:
    events.add(connection, 1, [_event("old", 5)], 100)
    events.add(connection, 1, [_event("new", 5)], 200)
    assert events.prune(connection, 150) == 1
    assert events.forget(connection, 1) == 1
    assert events.page(connection, 1, None, 10) == []


def test_no_seq_is_given_twice_whatever_was_deleted(connection: sqlite3.Connection) -> None:
    assert events.newest(connection) == 0
    events.add(connection, 1, [_event("a", 5), _event("b", 6)], 100)
    last = events.newest(connection)
    assert events.forget(connection, 1) == 2
    assert events.newest(connection) == last
    events.add(connection, 2, [_event("c", 1)], 100)
    assert [row["id"] for row in events.arrived(connection, None, last, events.newest(connection), 10)] == ["c"]


def test_events_of_an_older_version_keep_their_seq() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    steps = dict(events.MIGRATIONS)
    never = steps.pop("events_never_share_a_seq")
    for script in steps.values():
        connection.executescript(script)
    values = [(seq, 1, f"e{seq}", 10, 10, "agent.started", "", "{}") for seq in (3, 7)]
    connection.executemany("INSERT INTO events VALUES (?,?,?,?,?,?,?,?)", values)
    connection.executescript(never)
    assert events.newest(connection) == 7
    assert [row["seq"] for row in events.page(connection, None, None, 9)] == [7, 3]
    events.add(connection, 1, [_event("new", 11), _event("e7", 11)], 100)
    assert [row["id"] for row in events.arrived(connection, 1, 7, events.newest(connection), 9)] == ["new"]
    connection.close()


def test_what_arrived_between_two_places(connection: sqlite3.Connection) -> None:
    events.add(connection, 1, [_event(name, 5) for name in "abcd"], 100)
    events.add(connection, 2, [Event("x", 1, "recovery.failed", "", {})], 100)
    newest = events.newest(connection)
    named = {row["id"]: row["seq"] for row in events.page(connection, None, None, 10)}
    assert [row["id"] for row in events.arrived(connection, 1, named["a"], newest, 2)] == ["b", "c"]
    assert [row["id"] for row in events.arrived(connection, None, named["b"], named["d"], 9)] == ["c", "d"]
    assert [row["id"] for row in events.arrived(connection, None, 0, newest, 9, "recovery.[!x]*")] == ["x"]


def test_which_events_are_not_kept_yet(connection: sqlite3.Connection) -> None:
    events.add(connection, 1, [_event("a", 1)], 100)
    found = events.unknown(connection, 1, [_event("a", 1), _event("b", 2), _event("b", 2)])
    assert [one.id for one in found] == ["b"]
    assert [one.id for one in events.unknown(connection, 2, [_event("a", 1)])] == ["a"]
