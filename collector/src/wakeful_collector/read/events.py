"""What happened: events of one host or of all, newest first, page by page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wakeful_collector.store import database
from wakeful_collector.store import events as table

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

LIMIT_MAX = 1_000


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event; times are milliseconds since the epoch, `kind`, `subject` and `data` are hostile text."""

    seq: int
    host_key: int
    id: str
    at_ms: int
    received_ms: int
    kind: str
    subject: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events and the cursor of the next page, None on the last one."""

    events: list[EventRecord]
    next: str | None


def events(
    data: Path, host_key: int | None = None, before: str | None = None, limit: int = 100, kind: str | None = None
) -> EventPage:
    """Return the newest events (of a kind or pattern), or those before a page's `next`.

    Raises ValueError for a cursor that is none.
    """
    limit = min(max(limit, 1), LIMIT_MAX)
    cursor = None if before is None else _cursor(before)
    with database.translated():
        rows = table.page(database.reader(data, "state"), host_key, cursor, limit + 1, kind)
    found = [_record(row) for row in rows[:limit]]
    more = len(rows) > limit
    return EventPage(found, f"{found[-1].at_ms}-{found[-1].seq}" if more else None)


def _record(row: sqlite3.Row) -> EventRecord:
    return EventRecord(
        row["seq"],
        row["host_key"],
        row["id"],
        row["at_ms"],
        row["received_ms"],
        row["kind"],
        row["subject"],
        json.loads(row["data"]),
    )


def _cursor(text: str) -> tuple[int, int]:
    at_ms, _, seq = text.partition("-")
    if not (at_ms.isascii() and at_ms.isdigit() and seq.isascii() and seq.isdigit() and len(text) <= 32):
        raise ValueError("the cursor is not one that a page before gave")
    return int(at_ms), int(seq)
