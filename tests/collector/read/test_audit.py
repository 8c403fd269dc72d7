"""Questions about the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.read import audit
from wakeful_collector.store import audit as tables
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_and_check(data: Path) -> None:
    with changing(data) as connection:
        for number in range(3):
            entry = tables.Entry(number, "user:ada", "", "web", "host.tag", f"h{number}", "done")
            digest = tables.append(connection, entry)
    assert [row.id for row in audit.rows(data, 2)] == [3, 2]
    assert [row.id for row in audit.rows(data, 2, before=2)] == [1]
    assert [row.id for row in audit.rows(data, 5, subject="h1")] == [2]
    assert audit.verify(data) == audit.Trail(3, digest, None)
