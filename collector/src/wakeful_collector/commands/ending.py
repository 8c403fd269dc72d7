"""How commands end: by what the agent says became of them, or because nobody answered in time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.command import Command, CommandState, after_result, is_over, why_expired
from wakeful_collector.store import audit, changes, commands, database, events
from wakeful_wire.push import Event

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from wakeful_wire.push import Result

KEPT_DAYS = 400
_DAY_MS = 86_400_000
_OUTCOMES = {CommandState.DONE: "done", CommandState.REFUSED: "refused"}


def take_results(
    connection: sqlite3.Connection, host_key: int, host_id: str, results: Sequence[Result], now_ms: int
) -> int:
    """Bring commands of a host to their end as its agent says, each once; return how many.

    A result of a command that this host was never handed is passed over: nobody answers for another.
    """
    taken = 0
    for result in results:
        command = commands.one(connection, result.command)
        if command is None or command.host_key != host_key:
            continue
        state = after_result(command, result.state)
        if state is None or not commands.finish(connection, command, state, result.data, now_ms, answered=True):
            continue
        _tell(connection, command, state, result.data, host_id, now_ms)
        taken += 1
    return taken


def expire(data: Path, now_ms: int) -> int:
    """Hold for expired what nobody took or answered in time; return how many commands that were."""
    with database.translated():
        waiting = commands.all_open(database.reader(data, "state"))
    if not any(is_over(one, now_ms) for one in waiting):
        return 0
    with changes.changing(data) as connection:
        over = [one for one in commands.all_open(connection) if is_over(one, now_ms)]
        for command in over:
            said = {"summary": why_expired(command)}
            if commands.finish(connection, command, CommandState.EXPIRED, said, now_ms):
                _tell(connection, command, CommandState.EXPIRED, said, "", now_ms)
    return len(over)


def prune(connection: sqlite3.Connection, forgotten: Sequence[int], now_ms: int) -> int:
    """Delete commands that are old, too many, or of hosts that were forgotten; return how many went."""
    gone = sum(commands.forget(connection, host_key) for host_key in forgotten)
    return gone + commands.prune(connection, now_ms - KEPT_DAYS * _DAY_MS)


def _tell(
    connection: sqlite3.Connection,
    command: Command,
    state: CommandState,
    data: dict[str, Any],
    host_id: str,
    now_ms: int,
) -> None:
    late = command.state is CommandState.EXPIRED
    ended = replace(command, state=state, data=data)
    said = {"command": command.id, "by": command.principal, "summary": ended.summary, "late": late}
    told = Event(f"{state}-{command.id}", now_ms, f"command.{state}", command.action, said)
    events.add(connection, command.host_key, [told], now_ms)
    detail = {"command": command.id, "action": command.action, "state": state.value, "asked_by": command.principal}
    outcome = _OUTCOMES.get(state, "failed")
    who, face = (f"agent:{host_id}", "agent") if host_id else ("local:collector", "worker")
    entry = audit.Entry(now_ms, who, "", face, "command.result", command.id, outcome, detail)
    audit.append(connection, entry)
