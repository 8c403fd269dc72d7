"""Commands as they are kept: claimed and ended by conditional updates, so that of two who try one has it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.model.command import Command, CommandState
from wakeful_collector.store import commands
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

ASKED = Command("cmd-1", 1, "restart-web", {"unit": "n\u00e4"}, "changes", "user:ada", 1_000, 61_000, request_key="k")


def another(number: int, **changed: object) -> Command:
    return replace(ASKED, id=f"cmd-{number}", request_key=None, **changed)  # type: ignore[arg-type]  # names of fields


def test_a_command_comes_back_as_it_was(data: Path) -> None:
    with changing(data) as connection:
        commands.add(connection, ASKED)
        assert commands.one(connection, "cmd-1") == ASKED
        assert commands.one(connection, "cmd-2") is None
        assert commands.by_request_key(connection, "user:ada", "k") == ASKED
        assert commands.by_request_key(connection, "user:bob", "k") is None


def test_a_request_key_stands_for_one_command_of_its_principal(data: Path) -> None:
    with changing(data) as connection:
        commands.add(connection, ASKED)
        commands.add(connection, replace(ASKED, id="cmd-2", principal="user:bob"))
        with pytest.raises(sqlite3.IntegrityError):
            commands.add(connection, replace(ASKED, id="cmd-3"))


def test_of_two_who_hand_out_the_same_one_has_it(data: Path) -> None:
    with changing(data) as connection:
        commands.add(connection, ASKED)
        assert commands.hand_out(connection, ASKED, "run-1", 4, 2_000)
        assert not commands.hand_out(connection, ASKED, "run-1", 5, 2_001)
        mine = commands.one(connection, "cmd-1")
        assert mine is not None
        assert (mine.state, mine.runs, mine.delivered_ms) == ("delivered", {"run-1": 4}, 2_000)
        assert commands.hand_out(connection, mine, "run-2", 0, 3_000)
        again = commands.one(connection, "cmd-1")
        assert again is not None
        assert (again.runs, again.delivered_ms) == ({"run-1": 4, "run-2": 0}, 2_000)


def test_of_two_who_end_the_same_one_has_it(data: Path) -> None:
    with changing(data) as connection:
        commands.add(connection, ASKED)
        assert commands.finish(connection, ASKED, CommandState.EXPIRED, {"summary": "nobody"}, 62_000)
        assert not commands.finish(connection, ASKED, CommandState.CANCELLED, {}, 62_001)
        expired = commands.one(connection, "cmd-1")
        assert expired is not None
        assert (expired.finished_ms, expired.late, expired.data) == (62_000, False, {"summary": "nobody"})
        assert commands.finish(connection, expired, CommandState.DONE, {}, 90_000, answered=True)
        late = commands.one(connection, "cmd-1")
        assert late is not None
        assert (late.state, late.late, late.answered) == ("done", True, True)
        assert not commands.finish(connection, late, CommandState.FAILED, {}, 91_000, answered=True)
        assert not commands.hand_out(connection, late, "run-9", 0, 95_000)


def test_what_is_open_is_found_by_host(data: Path) -> None:
    with changing(data) as connection:
        for number, host in ((1, 1), (2, 2), (3, 1)):
            commands.add(connection, another(number, host_key=host))
        commands.finish(connection, another(2, host_key=2), CommandState.CANCELLED, {}, 2_000)
        assert [one.id for one in commands.open_of(connection, 1)] == ["cmd-1", "cmd-3"]
        assert commands.hosts_with_open(connection, {1, 2, 3}) == {1}
        assert commands.hosts_asked(connection, {1, 2, 3}) == {1}
        for one in commands.open_of(connection, 1):
            assert commands.hand_out(connection, one, "run-1", 4, 3_000)
        assert commands.hosts_with_open(connection, {1}) == {1}
        assert commands.hosts_asked(connection, {1}) == frozenset(), "they were handed out"
        assert [one.id for one in commands.all_open(connection)] == ["cmd-1", "cmd-3"]
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT 1 FROM commands WHERE host_key = 1 AND state IN ('requested', 'delivered')"
        ).fetchall()
        assert "commands_open" in str([tuple(row) for row in plan]), "every push asks this"


def test_pages_are_newest_first_and_can_be_narrowed(data: Path) -> None:
    with changing(data) as connection:
        for number in range(1, 6):
            commands.add(connection, another(number, host_key=number % 2))
        first = commands.page(connection, 2)
        assert [one.id for _, one in first] == ["cmd-5", "cmd-4"]
        assert [one.id for _, one in commands.page(connection, 9, first[-1][0])] == ["cmd-3", "cmd-2", "cmd-1"]
        assert [one.id for _, one in commands.page(connection, 9, None, 0)] == ["cmd-4", "cmd-2"]
        commands.hand_out(connection, another(4, host_key=0), "run-1", 0, 2_000)
        assert [one.id for _, one in commands.page(connection, 9, None, 0, ["delivered", "done"])] == ["cmd-4"]
        assert commands.asked_since(connection, "user:ada", 999) == 5
        assert commands.asked_since(connection, "user:ada", 1_000) == 0


def test_old_and_crowded_ones_go_and_what_is_open_stays(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "PER_HOST_MAX", 2)
    with changing(data) as connection:
        for number in range(1, 7):
            commands.add(connection, another(number, requested_ms=number * 1_000))
        for number in (1, 2, 3, 5, 6):
            commands.finish(connection, another(number), CommandState.CANCELLED, {}, 9_000)
        assert commands.prune(connection, 2_000) == 3
        assert [one.id for _, one in commands.page(connection, 9)] == ["cmd-6", "cmd-5", "cmd-4"]
        assert commands.forget(connection, 1) == 3
        assert commands.page(connection, 9) == []
