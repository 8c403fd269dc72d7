"""Things of clusters a row each, areas, and how the synchronisation stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import database
from wakeful_collector.store import proxmox_estate as table
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_estate import Area, Standing, Thing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

DAY_MS = 86_400_000


@pytest.fixture
def connection(data: Path) -> Iterator[sqlite3.Connection]:
    with changing(data) as found:
        yield found


def test_a_thing_is_what_it_was_last(connection: sqlite3.Connection) -> None:
    table.keep(connection, "home", [Thing("guest", "qemu/100", b"a"), Thing("guest", "qemu/101", b"b")])
    table.keep(connection, "home", [Thing("guest", "qemu/100", b"c")])
    table.keep(connection, "lab", [Thing("guest", "qemu/100", b"x")])

    assert [tuple(row) for row in table.here(connection, "home", "guest")] == [("qemu/100", b"c"), ("qemu/101", b"b")]
    assert table.here(connection, "home", "node") == []


def test_what_is_gone_makes_room_for_another_of_its_id_in_the_same_breath(connection: sqlite3.Connection) -> None:
    table.keep(connection, "home", [Thing("guest", "qemu/100", b"first")])
    table.keep(connection, "home", [Thing("guest", "qemu/100", b"second"), Thing("guest", "qemu/100", b"first", 5)])
    assert table.one(connection, "home", "guest", ("qemu/100", "lxc/100")) == b"second"
    table.keep(connection, "home", [Thing("guest", "qemu/100", b"second", 9)])

    assert table.here(connection, "home", "guest") == []
    assert [row[1] for row in table.gone(connection, "home", "guest", 10)] == [b"second", b"first"]
    assert table.one(connection, "home", "guest", ("qemu/100", "lxc/100")) == b"second"
    assert table.one(connection, "home", "guest", ("lxc/100",)) is None


def test_what_is_dropped_leaves_no_trace(connection: sqlite3.Connection) -> None:
    table.keep(connection, "home", [Thing("contents", "content/nas", b"a")])
    table.drop(connection, "home", "contents", ["content/nas"])

    assert table.gone(connection, "home", "contents", 10) == table.here(connection, "home", "contents") == []


def test_an_area_keeps_since_when_it_is_so_and_when_it_was_seen(connection: sqlite3.Connection) -> None:
    for at_ms, state, seen_ms in ((5, "seen", 5), (6, "seen", 6), (7, "failed", 0), (8, "failed", 0)):
        table.keep_areas(connection, "home", [Area("ha", state, f"at {at_ms}", at_ms, seen_ms)])

    assert table.areas(connection, "home") == [Area("ha", "failed", "at 8", 7, 6)]
    table.drop_areas(connection, "home", ["ha"])
    assert table.areas(connection, "home") == []


def test_the_standing_keeps_what_is_not_told(connection: sqlite3.Connection) -> None:
    assert table.standing(connection, "home") == Standing()
    table.stand(connection, "home", polled_ms=5, quorate=True, version="9.0")
    table.stand(connection, "home", failed="tls", error="why")

    assert table.standing(connection, "home") == Standing(
        polled_ms=5, quorate=True, version="9.0", failed="tls", error="why"
    )
    assert table.clusters(connection) == ["home"]


def test_whoever_asks_after_a_look_began_is_not_answered_by_it(connection: sqlite3.Connection) -> None:
    assert table.asked_ms(connection, "home") == 0
    table.ask(connection, "home", 50)
    table.answered(connection, "home", 49)
    assert table.asked_ms(connection, "home") == 50
    table.answered(connection, "home", 50)

    assert table.asked_ms(connection, "home") == 0


def test_a_cluster_is_forgotten_whole(connection: sqlite3.Connection) -> None:
    for name in ("home", "lab"):
        table.keep(connection, name, [Thing("guest", "qemu/100", b"a")])
        table.keep_areas(connection, name, [Area("ha", "seen", "", 5, 5)])
        table.stand(connection, name, polled_ms=5)
    table.forget(connection, "home")

    assert table.here(connection, "home", "guest") == table.areas(connection, "home") == []
    assert table.clusters(connection) == ["lab"]
    assert len(table.here(connection, "lab", "guest")) == 1


def test_what_is_gone_is_kept_within_bounds(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "GONE_MAX", 2)
    now_ms = 1_000 * DAY_MS
    ages = {"a": 1, "b": 2, "c": 3, "d": table.GONE_DAYS + 1}
    for key, days in ages.items():
        table.keep(connection, "home", [Thing("guest", key, b"")])
        table.keep(connection, "home", [Thing("guest", key, b"", now_ms - days * DAY_MS)])
    table.keep(connection, "home", [Thing("guest", "here", b"")])

    assert table.prune(connection, now_ms) == 2
    assert [row[0] for row in table.gone(connection, "home", "guest", 10)] == ["a", "b"]
    assert len(table.here(connection, "home", "guest")) == 1


def test_readers_see_it_too(data: Path) -> None:
    with changing(data) as connection:
        table.stand(connection, "home", polled_ms=5, quorate=False)

    assert table.standing(database.reader(data, "state"), "home").quorate is False
