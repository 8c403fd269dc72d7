"""In what condition the databases are: sizes, soundness, room, and what the history will need."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from wakeful_collector.store import database

if TYPE_CHECKING:
    from pathlib import Path

_DAY_MS = 86_400_000


def sizes(data: Path) -> dict[str, int]:
    """Return the bytes of every database file there is, by its name."""
    found = {}
    for family in database.FAMILIES:
        for suffix in ("", "-wal"):
            path = data / f"{family}.db{suffix}"
            if path.exists():
                found[path.name] = path.stat().st_size
    return found


def integrity(data: Path) -> list[str]:
    """Read the databases through and return what is wrong with them; slow on large ones."""
    problems = []
    for family in database.FAMILIES:
        if family == "gateway" and not database.database_path(data, family).exists():
            continue  # an older version was here; the next start makes it
        try:
            with database.translated(database.database_path(data, family)):
                rows = database.reader(data, family).execute("PRAGMA quick_check(10)").fetchall()
        except database.StoreError as error:
            problems.append(str(error))
        else:
            problems += [f"{family}.db: {row[0]}" for row in rows if row[0] != "ok"]
    return problems


def writable(data: Path) -> str | None:
    """Return why nothing can be written to the data folder; None when it can."""
    try:
        with tempfile.NamedTemporaryFile(dir=data, prefix=".room-") as file:
            file.write(bytes(65_536))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return f"{data} cannot be written: {error.strerror}; free some space or look at its owner and rights"
    return None


def bytes_a_day(data: Path, now_ms: int) -> dict[int, float]:
    """Return how many bytes a day of history takes in each tier (bucket in seconds, 0 raw), from what there is."""
    with database.translated(database.database_path(data, "samples")):
        rows = database.reader(data, "samples").execute(
            "SELECT tier, sum(length(head) + length(body)), min(from_ms) FROM chunks GROUP BY tier"
        )
        return {row[0]: row[1] / max(1 / 12, (now_ms - row[2]) / _DAY_MS) for row in rows}
