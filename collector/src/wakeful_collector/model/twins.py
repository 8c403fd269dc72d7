"""Two machines under one identity: told apart by how the ticks of their runs interleave."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class RunSpan(NamedTuple):
    """A run of an agent with the times of its first and newest tick, in milliseconds since the epoch."""

    run: str
    from_ms: int
    to_ms: int


def later_twin(spans: Iterable[RunSpan], pushing: str) -> str | None:
    """Return the run that must be another machine, now that `pushing` speaks again; None when all is well.

    That is a run which began after `pushing` did, while `pushing` still ticked, and which ticked on since. A restart,
    even one with a clock that had fallen back, does not look like this: the older run is never heard again.
    """
    known = {span.run: span for span in spans}
    older = known.get(pushing)
    if older is None:
        return None
    twins = [
        span
        for span in known.values()
        if span.run != pushing and (older.from_ms, older.run) < (span.from_ms, span.run)
        if span.from_ms < older.to_ms <= span.to_ms
    ]
    return min(twins, key=lambda span: (span.from_ms, span.run)).run if twins else None
