"""Deliveries, pure: what became of an attempt, when the next one is due, and when it is given up."""

from __future__ import annotations

from typing import NamedTuple

WAITING, CLAIMED, DELIVERED, DEAD, SUPERSEDED = "waiting", "claimed", "delivered", "dead", "superseded"
STATES = (WAITING, CLAIMED, DELIVERED, DEAD, SUPERSEDED)
"""Waiting for its time; on its way; taken by the other side; given up; made needless by the message that it is over."""

FIRST_WAIT_SECONDS = 5.0
WAIT_SECONDS_MAX = 3_600.0
ATTEMPTS_MAX = 40
ATTEMPTS_KEPT = 12


class Attempt(NamedTuple):
    """How one attempt ended: `outcome` is delivered, failed or refused (not worth a second try)."""

    outcome: str
    error: str = ""
    seconds: float = 0.0
    retry_after_seconds: float = 0.0


class Next(NamedTuple):
    """What follows: the delivery's state, and when it is due again."""

    state: str
    due_ms: int


def wait_seconds(attempts: int, fraction: float) -> float:
    """Return how long to wait after so many attempts: doubling, bounded, and spread by `fraction` (0 to 1) of half."""
    doubled = min(FIRST_WAIT_SECONDS * 2.0 ** max(0, attempts - 1), WAIT_SECONDS_MAX)
    return doubled * (0.75 + fraction / 2)


def after(
    attempt: Attempt, attempts: int, made_ms: int, now_ms: int, age_ms_max: int, fraction: float, once: bool = False
) -> Next:
    """Return what follows an attempt, the `attempts`-th; `once` says that there is no second try (a test)."""
    if attempt.outcome == "delivered":
        return Next(DELIVERED, now_ms)
    if once or attempt.outcome == "refused" or attempts >= ATTEMPTS_MAX:
        return Next(DEAD, now_ms)
    asked_ms = min(attempt.retry_after_seconds, WAIT_SECONDS_MAX) * 1000
    due_ms = now_ms + round(max(wait_seconds(attempts, fraction) * 1000, asked_ms))
    return Next(DEAD, now_ms) if due_ms - made_ms > age_ms_max else Next(WAITING, due_ms)
