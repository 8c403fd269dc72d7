"""When a host that says nothing is an incident: judged from what the collector could hear, without looking anywhere."""

from __future__ import annotations

from typing import NamedTuple

MAINTENANCE, SLEEPING = "maintenance", "sleeping"
ABSENCES = (MAINTENANCE, SLEEPING)
"""Why a host may be silent: somebody works on it, or it was put to sleep."""

DEAF_AFTER_MS = 60_000
"""When the collector has not looked for this long (it slept, its clock jumped), it begins to listen anew."""


class Patience(NamedTuple):
    """How long a host may be silent: so many of its intervals, but at least so many seconds."""

    intervals: int
    seconds: float

    def ms(self, interval_seconds: float) -> float:
        """Return the patience with a host that pushes every `interval_seconds`."""
        return max(self.intervals * interval_seconds, self.seconds) * 1000


class Listening(NamedTuple):
    """Since when the collector hears hosts without a break, and when it last made sure of that."""

    since_ms: int
    looked_ms: int


def listen(before: Listening | None, now_ms: int, hears: bool = True) -> Listening:
    """Return since when the collector listens; `hears` is false while it cannot take pushes (the disk is full)."""
    if before is None or not hears or not 0 <= now_ms - before.looked_ms <= DEAF_AFTER_MS:
        return Listening(now_ms, now_ms)
    return before._replace(looked_ms=now_ms)


def is_heard(last_seen_ms: int | None, interval_seconds: float, patience: Patience, now_ms: int) -> bool:
    """Tell whether a host was heard lately; one that is neither heard nor silent is not known about yet."""
    return last_seen_ms is not None and now_ms - last_seen_ms <= patience.ms(interval_seconds)


def is_silent(
    last_seen_ms: int | None, interval_seconds: float, listening: Listening, patience: Patience, now_ms: int
) -> bool:
    """Tell whether a host is silent; one that never pushed is not, nor one that had no chance to be heard."""
    if last_seen_ms is None:
        return False
    return now_ms - max(last_seen_ms, listening.since_ms) > patience.ms(interval_seconds)
