"""When an agent in live mode will push next: it ticks once a second by its own clock, which nobody here knows. Pure."""

from __future__ import annotations

from typing import NamedTuple

SECOND_MS = 1_000
MARGIN_MS = 60
"""How long before the agent's next push its answer is on its way: that push must not wait for it."""
UNKNOWN_MS = 800
"""How long an answer is held while nothing is known of the agent's ticks."""
PAUSE_MS = 5_000
"""After so long without a push nothing that was known of the clocks counts any more."""
CALM_MS = 2_000
"""How long nothing is held after a sign that more waits in the agent's spool, which only leaves between two answers."""
DRIFT_MS = 0.1
"""How far two clocks may drift from push to push."""


class Rhythm(NamedTuple):
    """The newest push of a run: when it came, and when, by the clock here, the agent's newest tick would come at best.

    Whatever held a push up, the least time seen between a tick and its arrival is the one that tells the clocks apart.
    `backlog_ms` is when something last told of pushes that wait in the agent's spool.
    """

    sequence: int
    arrived_ms: int
    backlog_ms: int
    lag_ms: float | None = None
    due_ms: float | None = None


def heard(before: Rhythm | None, sequence: int, tick_ms: int | None, arrived_ms: int) -> Rhythm:
    """Return the rhythm with one more push; `tick_ms` is its newest tick by the agent's clock, None without one.

    What waited longest leaves last: of a run that was not heard of before more may wait, and an older push than one
    before shows that it does. A gap shows nothing: another process may have taken what is missing.
    """
    if before is not None and sequence <= before.sequence:
        return before._replace(backlog_ms=arrived_ms)
    backlog_ms = arrived_ms if before is None else before.backlog_ms
    known = before if before is not None and 0 <= arrived_ms - before.arrived_ms <= PAUSE_MS else None
    lag_ms, due_ms = (None, None) if known is None else (known.lag_ms, known.due_ms)
    if tick_ms is not None:
        seen_ms = float(arrived_ms - tick_ms)
        lag_ms = seen_ms if lag_ms is None else min(seen_ms, lag_ms + DRIFT_MS)
        due_ms = tick_ms + lag_ms
    return Rhythm(sequence, arrived_ms, backlog_ms, lag_ms, due_ms)


def hold_ms(rhythm: Rhythm) -> float:
    """Return how long after its arrival the answer may be held without the next push waiting for it; 0: not at all."""
    if 0 <= rhythm.arrived_ms - rhythm.backlog_ms < CALM_MS:
        return 0.0
    if rhythm.due_ms is None:
        return UNKNOWN_MS
    left_ms = (rhythm.due_ms - MARGIN_MS - rhythm.arrived_ms) % SECOND_MS
    return left_ms if left_ms <= SECOND_MS - MARGIN_MS else 0.0
