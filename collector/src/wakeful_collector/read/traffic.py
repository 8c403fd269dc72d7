"""How the push door fares: what it took and refused, and whether the store has room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.store import database, room
from wakeful_collector.store import traffic as table

if TYPE_CHECKING:
    from pathlib import Path

OUTCOME = "pushes."


@dataclass(frozen=True, slots=True)
class Traffic:
    """Counters since the data folder was made: pushes by outcome (`accepted`, `duplicate`, or the error's code)."""

    pushes: dict[str, int]
    samples: int
    bytes_packed: int
    commits: int
    commit_seconds: float


@dataclass(frozen=True, slots=True)
class Condition:
    """Since when the disk is full, None while it has room; when a push was last taken. Milliseconds since the epoch."""

    full_since_ms: int | None
    last_push_ms: int | None


def statistics(data: Path) -> Traffic:
    """Return what the push door counted."""
    with database.translated():
        found = table.counters(database.reader(data, "samples"))
    pushes = {name.removeprefix(OUTCOME): int(count) for name, count in found.items() if name.startswith(OUTCOME)}
    return Traffic(
        pushes,
        int(found.get("samples", 0)),
        int(found.get("bytes_packed", 0)),
        int(found.get("commits", 0)),
        found.get("commit_seconds", 0.0),
    )


def condition(data: Path) -> Condition:
    """Return whether the store has room; costs one small file read."""
    full_since_ms, pushed_ms = room.look(data)
    return Condition(full_since_ms or None, pushed_ms or None)
