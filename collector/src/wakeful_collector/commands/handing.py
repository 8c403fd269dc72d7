"""Handing commands out: with the answer to a push, once in each run of the agent unless that answer was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.commands.asking import LIVE_SECONDS
from wakeful_collector.model.command import to_hand_out
from wakeful_collector.store import commands

if TYPE_CHECKING:
    import sqlite3

AT_ONCE_MAX = 16
"""How many commands one answer carries; the others go with the next."""


class Handed(NamedTuple):
    """What the answer to a push carries: commands in their wire form, and until when the agent pushes every second.

    `awaited`: the agent was handed commands just now and may answer them any moment.
    """

    commands: list[dict[str, Any]]
    live_until_ms: int
    awaited: bool


_SOON_MS = 2_000
"""How long after it was handed out a command's result may come any moment."""

NOTHING = Handed([], 0, False)


def hand_out(connection: sqlite3.Connection, host_key: int, run: str, sequence: int, now_ms: int) -> Handed:
    """Claim what waits for a host, inside the caller's transaction; two processes never hand out the same one."""
    waiting = commands.open_of(connection, host_key)
    if not waiting:
        return NOTHING
    due = [one for one in waiting if to_hand_out(one, run, sequence, now_ms)][:AT_ONCE_MAX]
    documents = [
        {"id": one.id, "action": one.action, "arguments": one.arguments, "expires": one.expires_ms}
        for one in due
        if commands.hand_out(connection, one, run, sequence, now_ms)
    ]
    live_until_ms = now_ms + LIVE_SECONDS * 1000 if documents else 0
    awaited = any(one.delivered_ms is not None and now_ms - one.delivered_ms < _SOON_MS for one in waiting)
    return Handed(documents, live_until_ms, awaited or bool(documents))
