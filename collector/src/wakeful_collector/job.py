"""The shape of background work: what the worker process runs, in a thread and a rhythm of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.config import Settings


class Job(NamedTuple):
    """A piece of background work: `run(data, settings, now_ms)`, wanted every `interval_seconds`."""

    name: str
    interval_seconds: float
    run: Callable[[Path, Settings, int], object]
