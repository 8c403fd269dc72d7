from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from wakeful_collector.store import database, traffic

if TYPE_CHECKING:
    from pathlib import Path


def test_counters_add_up(data: Path) -> None:
    with closing(database.writer(data, "samples")) as connection:
        traffic.add(connection, {"pushes.accepted": 2, "samples": 600})
        traffic.add(connection, {"pushes.accepted": 1, "commit_seconds": 0.5})
        assert traffic.counters(connection) == {"pushes.accepted": 3.0, "samples": 600.0, "commit_seconds": 0.5}
