"""The state of a machine, what was asked of it, and its timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import gateway_states
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_states import Asked, StateRow, Turn

from . import gateway_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def connection(data: Path) -> Iterator[sqlite3.Connection]:
    with changing_gateway(data) as opened:
        gateway_rows.machine(opened)
        yield opened


def test_a_state_is_kept_beside_what_people_want(connection: sqlite3.Connection) -> None:
    assert gateway_states.of(connection, "box") is None
    gateway_states.ask(connection, "box", Asked("wake", "user:ada", 5))
    assert gateway_states.of(connection, "box") == StateRow(
        "box", "asleep", 5, "", {}, False, Asked("wake", "user:ada", 5)
    )
    assert gateway_states.set_permanent(connection, "box", True, 6)
    assert not gateway_states.set_permanent(connection, "box", True, 7)
    gateway_states.keep(connection, "box", "waking", 8, "why", {"sent": 1})
    found = StateRow("box", "waking", 8, "why", {"sent": 1}, True, Asked("wake", "user:ada", 5))
    assert gateway_states.all_of(connection) == [found]


def test_only_what_was_read_is_taken(connection: sqlite3.Connection) -> None:
    first, second = Asked("sleep", "user:ada", 5), Asked("wake", "user:bob", 6)
    gateway_states.ask(connection, "box", first)
    gateway_states.ask(connection, "box", second, state="unreachable")
    gateway_states.take_ask(connection, "box", first)
    found = gateway_states.of(connection, "box")
    assert found is not None
    assert (found.asked, found.state) == (second, "asleep")
    gateway_states.take_ask(connection, "box", second)
    found = gateway_states.of(connection, "box")
    assert found is not None
    assert found.asked is None


def test_the_timeline_is_newest_first_and_bounded(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [Turn("box", at_ms, "asleep", "waking", f"{at_ms}", "request") for at_ms in range(10)]
    for one in turns:
        gateway_states.add_turn(connection, one)
    gateway_states.add_turn(connection, Turn("other", 3, "a", "b", "c", "d"))
    assert gateway_states.turns(connection, "box", 4, 3) == turns[:-4:-1]
    assert gateway_states.turn_before(connection, "box", 4) == turns[3]
    assert gateway_states.turn_before(connection, "box", 0) is None
    monkeypatch.setattr(gateway_states, "TURNS_MAX", 4)
    assert gateway_states.prune(connection, 2) == 6
    assert [one.at_ms for one in gateway_states.turns(connection, "box", 0, 99)] == [9, 8, 7, 6]
    assert len(gateway_states.turns(connection, "other", 0, 99)) == 1
