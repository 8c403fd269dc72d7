"""When the worker and its jobs were last alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import database, heartbeats
from wakeful_collector.store.heartbeats import Heartbeat

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Heartbeat", "of_all"]


def of_all(data: Path) -> dict[str, Heartbeat]:
    """Return the newest sign of life by name: `worker`, and one for each of its jobs."""
    with database.translated():
        return heartbeats.all_beats(database.reader(data, "state"))
