"""Ends: results are taken once and of the right machine; what nobody answers expires, and may be answered late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector import commands
from wakeful_collector.commands.ending import KEPT_DAYS
from wakeful_collector.ingest.upkeep import upkeep
from wakeful_collector.model.command import PATIENCE_SECONDS
from wakeful_collector.read import audit, events
from wakeful_collector.read import commands as read
from wakeful_collector.store import agents
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.model.command import Command

    Ask = Callable[..., Any]


def handed(data: Path, host: Any, now_ms: int) -> None:
    with changing(data) as connection:
        assert commands.hand_out(connection, host.key, "run-1", 4, now_ms).commands


def found(data: Path, command_id: str) -> Command:
    command = read.command(data, command_id)
    assert command is not None
    return command


def test_a_result_ends_it_once_with_an_event_and_an_audit_row(data: Path, host: Any, asked: Ask, now_ms: int) -> None:
    command = asked("restart-web", {"unit": "nginx"}).command
    handed(data, host, now_ms)
    result = {"command": command.id, "state": "done", "data": {"summary": "restarted nginx", "seconds": 1.5}}
    host.push([], now_ms + 1_000, results=[result])
    host.push([], now_ms + 2_000, results=[{**result, "state": "failed"}])
    ended = found(data, command.id)
    assert (ended.state, ended.summary, ended.finished_ms) == ("done", "restarted nginx", now_ms + 1_000)
    assert ended.data == {"summary": "restarted nginx", "seconds": 1.5}
    (told,) = events.events(data, host.key, kind="command.d*").events
    assert (told.kind, told.subject) == ("command.done", "restart-web")
    assert told.data == {"command": command.id, "by": "user:ada", "summary": "restarted nginx", "late": False}
    (row,) = audit.rows(data, 9, operation="command.result")
    assert (row.entry.principal, row.entry.face, row.entry.subject, row.entry.outcome) == (
        f"agent:{host.id}",
        "agent",
        command.id,
        "done",
    )
    assert row.entry.detail == {
        "command": command.id, "action": "restart-web", "state": "done", "asked_by": "user:ada",
    }  # fmt: skip
    assert audit.verify(data).first_broken is None


def test_nobody_answers_for_another_or_for_what_was_never_handed_out(
    data: Path, host: Any, asked: Ask, machine: Callable[..., Any], now_ms: int
) -> None:
    command = asked().command
    host.push([], now_ms, results=[{"command": "cmd-invented", "state": "done"}])
    with changing(data) as connection:
        commands.hand_out(connection, host.key, "run-1", 4, now_ms)
    machine("evil").push([], now_ms, hello={}, results=[{"command": command.id, "state": "done"}])
    assert found(data, command.id).state == "delivered"
    assert [event.kind for event in events.events(data).events if event.kind == "command.done"] == []


def test_a_refusal_says_why(data: Path, host: Any, asked: Ask, now_ms: int) -> None:
    command = asked().command
    handed(data, host, now_ms)
    host.push([], now_ms, results=[{"command": command.id, "state": "refused", "data": {"reason": "not today"}}])
    assert (found(data, command.id).state, found(data, command.id).summary) == ("refused", "not today")
    assert [row.entry.outcome for row in audit.rows(data, 9, operation="command.result")] == ["refused"]


def test_what_nobody_took_expires_in_time(data: Path, host: Any, asked: Ask, now_ms: int) -> None:
    command = asked(expires_seconds=30).command
    assert commands.expire(data, now_ms + 29_999) == 0
    assert commands.expire(data, now_ms + 30_000) == 1
    assert commands.expire(data, now_ms + 30_001) == 0
    ended = found(data, command.id)
    assert (ended.state, ended.summary) == (
        "expired",
        "the machine did not ask for its commands in time; it was not told",
    )
    assert [event.kind for event in events.events(data, host.key, kind="command.expired").events] == ["command.expired"]
    (row,) = audit.rows(data, 9, operation="command.result")
    assert (row.entry.principal, row.entry.outcome) == ("local:collector", "failed")
    with changing(data) as connection:
        assert commands.hand_out(connection, host.key, "run-1", 9, now_ms + 30_002) == commands.NOTHING


def test_a_machine_that_was_away_answers_late_and_is_believed(data: Path, host: Any, asked: Ask, now_ms: int) -> None:
    command = asked(expires_seconds=30).command
    handed(data, host, now_ms)
    later_ms = now_ms + 30_000 + PATIENCE_SECONDS * 1000
    assert commands.expire(data, later_ms - 1) == 0
    assert commands.expire(data, later_ms) == 1
    assert found(data, command.id).summary == "it was handed to the machine, and no answer came"
    host.push([], later_ms + 1, results=[{"command": command.id, "state": "done", "data": {"summary": "long ago"}}])
    ended = found(data, command.id)
    assert (ended.state, ended.late, ended.summary) == ("done", True, "long ago")
    told = [(event.kind, event.data["late"]) for event in events.events(data, host.key, kind="command.[de]*").events]
    assert sorted(told) == [("command.done", True), ("command.expired", False)]


def test_old_commands_and_those_of_forgotten_hosts_go(data: Path, host: Any, asked: Ask, now_ms: int) -> None:
    old = asked(at_ms=now_ms).command
    commands.expire(data, now_ms + 10_000_000)
    assert found(data, old.id).state == "expired"
    upkeep(data, now_ms + (KEPT_DAYS + 1) * 86_400_000)
    assert read.command(data, old.id) is None
    young = asked().command
    with changing(data) as connection:
        agents.forget(connection, host.id, now_ms)
    upkeep(data, now_ms)
    assert read.command(data, young.id) is None
