"""Leases: in order of arrival, admitted once, renewed by their process, gone when they expire."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import gateway_leases
from wakeful_collector.store.changes import changing_gateway

from . import gateway_rows
from .gateway_rows import NOW, lease

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def connection(data: Path) -> Iterator[sqlite3.Connection]:
    with changing_gateway(data) as opened:
        gateway_rows.machine(opened)
        gateway_rows.machine(opened, "other")
        yield opened


def test_leases_live_in_order_until_they_expire(connection: sqlite3.Connection) -> None:
    first = lease(connection, "one")
    second = lease(connection, "two", machine="other", expires_ms=NOW + 5)
    assert gateway_leases.living(connection, None, NOW) == [first, second]
    assert gateway_leases.living(connection, "other", NOW) == [second]
    assert gateway_leases.living(connection, None, NOW + 5) == [first]
    assert gateway_leases.one(connection, "two") == second
    assert gateway_leases.end_expired(connection, NOW + 5) == [second]
    assert gateway_leases.one(connection, "two") is None
    assert gateway_leases.end(connection, "one") == first
    assert gateway_leases.end(connection, "one") is None


def test_leases_from_before_the_clock_was_set_back_do_not_stay(connection: sqlite3.Connection) -> None:
    lease(connection, "request", expires_ms=NOW + 3_600_000)
    lease(connection, "person", kind="person", expires_ms=NOW + 3_600_000)
    lease(connection, "new", expires_ms=NOW + 20_000)
    assert [one.id for one in gateway_leases.end_expired(connection, NOW)] == ["request"]
    assert [one.id for one in gateway_leases.living(connection, None, NOW)] == ["person", "new"]


def test_order_is_that_of_arrival_also_after_others_left(connection: sqlite3.Connection) -> None:
    for name in ("a", "b", "c"):
        lease(connection, name)
    gateway_leases.end(connection, "b")
    lease(connection, "d")
    gateway_leases.end(connection, "d")
    lease(connection, "e")
    assert [one.id for one in gateway_leases.living(connection, "box", NOW)] == ["a", "c", "e"]


def test_who_waits_who_is_served_who_claims(connection: sqlite3.Connection) -> None:
    lease(connection, "w1")
    lease(connection, "w2", "key:b")
    lease(connection, "r", admitted_ms=NOW)
    lease(connection, "gone", admitted_ms=NOW, expires_ms=NOW)
    lease(connection, "p", kind="person", admitted_ms=NOW)
    lease(connection, "o", machine="other", admitted_ms=NOW)
    assert gateway_leases.count(connection, "box", NOW) == (2, 1, 1)
    assert gateway_leases.count(connection, "none", NOW) == (0, 0, 0)
    assert gateway_leases.places(connection, "box", NOW) == [
        ("w1", "key:a", False),
        ("w2", "key:b", False),
        ("r", "key:a", True),
    ]
    assert gateway_leases.queues(connection, NOW) == {"box": ["w1", "w2"]}
    assert gateway_leases.awaited(connection, NOW) == ["box"]
    assert gateway_leases.is_awaited(connection)
    assert gateway_leases.running_of(connection, "key:a", NOW) == 2
    assert gateway_leases.running_elsewhere(connection, "box", NOW) == {"key:a": 1}


def test_a_request_is_admitted_once(connection: sqlite3.Connection) -> None:
    lease(connection, "one")
    lease(connection, "two")
    gateway_leases.admit(connection, ["one"], NOW + 1)
    gateway_leases.admit(connection, ["one", "gone"], NOW + 2)
    assert gateway_leases.admitted(connection, ["one", "two", "gone"]) == {"one": NOW + 1}


def test_renewing_says_what_is_lost_and_what_is_lost_can_be_written_again(connection: sqlite3.Connection) -> None:
    one, two = lease(connection, "one"), lease(connection, "two")
    gateway_leases.end(connection, "two")
    assert gateway_leases.renew(connection, ["one", "two"], NOW + 99_000) == {"two"}
    assert gateway_leases.living(connection, None, NOW + 50_000) == [dataclasses.replace(one, expires_ms=NOW + 99_000)]
    assert gateway_leases.take(connection, two)
    assert gateway_leases.one(connection, "two") == two
    assert not gateway_leases.take(connection, dataclasses.replace(two, id="three", machine="removed"))


def test_claims_end_together_and_requests_stay(connection: sqlite3.Connection) -> None:
    lease(connection, "r", process="1-a")
    lease(connection, "p", kind="person")
    lease(connection, "s", kind="script", process="")
    lease(connection, "o", kind="legacy", machine="other")
    assert [one.id for one in gateway_leases.end_claims(connection, "box")] == ["p", "s"]
    assert {one.id for one in gateway_leases.living(connection, None, NOW)} == {"r", "o"}


def test_whose_turn_it_was_is_remembered_while_anybody_is_there(connection: sqlite3.Connection) -> None:
    gateway_leases.note_served(connection, "box", {"key:a": 1, "key:b": 2})
    gateway_leases.note_served(connection, "box", {"key:a": 3})
    assert gateway_leases.served(connection, "box") == {"key:a": 3, "key:b": 2}
    lease(connection, "one")
    assert gateway_leases.forget_served(connection) == 0
    gateway_leases.end(connection, "one")
    assert gateway_leases.forget_served(connection) == 2


def test_the_pace_of_a_key(connection: sqlite3.Connection) -> None:
    assert gateway_leases.pace(connection, "key:a") == 0.0
    gateway_leases.set_pace(connection, "key:a", 5.5)
    gateway_leases.set_pace(connection, "key:a", 6.5)
    assert gateway_leases.pace(connection, "key:a") == 6.5
    assert gateway_leases.forget_paces(connection, 6) == 0
    assert gateway_leases.forget_paces(connection, 7) == 1
