"""Questions about the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.store import audit as tables
from wakeful_collector.store import database

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.audit import Row


@dataclass(frozen=True, slots=True)
class Trail:
    """Whether the chain of hashes holds: number and hash of its newest row, and the first row that does not fit."""

    rows: int
    head: str
    first_broken: int | None


def rows(
    data: Path,
    limit: int,
    before: int | None = None,
    principal: str | None = None,
    subject: str | None = None,
    operation: str | None = None,
) -> list[Row]:
    """Return at most `limit` rows, newest first, below the row number `before`."""
    with database.translated():
        return tables.rows(database.reader(data, "state"), limit, before, principal, subject, operation)


def verify(data: Path) -> Trail:
    """Read the whole trail and say whether anybody changed or removed a row of it."""
    with database.translated():
        connection = database.reader(data, "state")
        number, digest = tables.head(connection)
        return Trail(number, digest, tables.first_broken(tables.chain(connection)))
