"""Questions about commands: one of them, or the newest, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.store import commands as table
from wakeful_collector.store import database

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wakeful_collector.model.command import Command

LIMIT_MAX = 500


@dataclass(frozen=True, slots=True)
class CommandPage:
    """Some commands, newest first, and the number below which the next page begins; None on the last one."""

    commands: list[Command]
    next: int | None


def command(data: Path, command_id: str) -> Command | None:
    """Return one command by its id."""
    with database.translated():
        return table.one(database.reader(data, "state"), command_id)


def by_request_key(data: Path, principal: str, request_key: str) -> Command | None:
    """Return the command that this principal asked for under this key."""
    with database.translated():
        return table.by_request_key(database.reader(data, "state"), principal, request_key)


def commands(
    data: Path, limit: int = 100, before: int | None = None, host_key: int | None = None, states: Sequence[str] = ()
) -> CommandPage:
    """Return the newest commands (of one host, in some states), or those below a page's `next`."""
    limit = min(max(limit, 1), LIMIT_MAX)
    with database.translated():
        found = table.page(database.reader(data, "state"), limit + 1, before, host_key, states)
    shown = found[:limit]
    return CommandPage([one for _, one in shown], shown[-1][0] if len(found) > limit else None)
