from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import database, events
from wakeful_wire.push import Event

if TYPE_CHECKING:
    import sqlite3
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
