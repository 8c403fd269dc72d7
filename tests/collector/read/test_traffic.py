from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from wakeful_collector.read import traffic
from wakeful_collector.read.traffic import Condition, Traffic
from wakeful_collector.store import database, room
from wakeful_collector.store import traffic as table

if TYPE_CHECKING:
    from pathlib import Path


def test_counters_are_told_by_outcome(data: Path) -> None:
    assert traffic.statistics(data) == Traffic({}, 0, 0, 0, 0.0)
    with closing(database.writer(data, "samples")) as connection:
        table.add(connection, {"pushes.accepted": 2, "pushes.too_old": 1, "samples": 600, "commits": 1})
        table.add(connection, {"commit_seconds": 0.25, "bytes_packed": 10})
    assert traffic.statistics(data) == Traffic({"accepted": 2, "too_old": 1}, 600, 10, 1, 0.25)


def test_the_condition_of_the_store_is_told(data: Path) -> None:
    assert traffic.condition(data) == Condition(None, None)
    room.prepare(data)
    room.mark(data, 5, 7)
    assert traffic.condition(data) == Condition(5, 7)
