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
    """Some events and the cursor of the next page, None on the last one; `latest` is where `arrived` goes on."""

    events: list[EventRecord]
    next: str | None
    latest: str


def events(
    data: Path, host_key: int | None = None, before: str | None = None, limit: int = 100, kind: str | None = None
) -> EventPage:
    """Return the newest events (of a kind or pattern), or those before a page's `next`.

    Raises ValueError for a cursor that is none.
    """
    limit = min(max(limit, 1), LIMIT_MAX)
    cursor = None if before is None else _cursor(before)
    with database.translated():
        connection = database.reader(data, "state")
        # Read before the page: what arrives in between is told twice rather than never.
        latest = table.newest(connection)
        rows = table.page(connection, host_key, cursor, limit + 1, kind)
    found = [_record(row) for row in rows[:limit]]
    more = len(rows) > limit
    return EventPage(found, f"{found[-1].at_ms}-{found[-1].seq}" if more else None, str(latest))


def arrived(
    data: Path, after: str, host_key: int | None = None, limit: int = 100, kind: str | None = None
) -> EventPage | None:
    """Return events in the order they arrived in, behind a page's `latest`; late ones are among them.

    None when that place lies ahead of everything here: the databases were restored from a backup, or are others.
    Raises ValueError for a place that is none.
    """
    limit = min(max(limit, 1), LIMIT_MAX)
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise ValueError("the place is not one that a page gave as its latest")
    with database.translated():
        connection = database.reader(data, "state")
        newest = table.newest(connection)
        rows = table.arrived(connection, host_key, int(after), newest, limit, kind)
    if int(after) > newest:
        return None
    found = [_record(row) for row in rows]
    return EventPage(found, None, str(found[-1].seq if len(found) == limit else newest))


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
    if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (at_ms, seq)):
        raise ValueError("the cursor is not one that a page before gave")
    return int(at_ms), int(seq)
