"""What recovery decides with and what it decides: the rules of one watch, acts, and what is told."""

from __future__ import annotations

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

JITTER = 0.25
"""How much longer than planned a wait may be, at random: what fell together need not be started together."""

WATCH_DOWN = "watch.down"
WATCH_UP = "watch.up"
WATCH_HELD = "watch.held"
WATCH_STOPPED = "watch.stopped"
WATCH_BLIND = "watch.blind"
WATCH_SIGHTED = "watch.sighted"
WATCH_PAUSED = "watch.paused"
WATCH_RESUMED = "watch.resumed"
ATTEMPTED = "recovery.attempted"
FAILED = "recovery.failed"
SUCCEEDED = "recovery.succeeded"
RECOVERY_GIVEN_UP = "recovery.given_up"
FLAPPING = "recovery.flapping"


class Policy(NamedTuple):
    """How one watch is kept alive: `attempts` within `window_ms`, then it is given up."""

    attempts: int = 5
    window_ms: int = 1_800_000
    debounce_ms: int = 5_000
    backoff_ms: int = 10_000
    backoff_max_ms: int = 600_000
    verify_ms: int = 60_000
    steady_ms: int = 30_000
    respect_stop: bool = True
    dry_run: bool = False


class Act(NamedTuple):
    """Repair it now: attempt number `attempt` of the `of` that the window has."""

    attempt: int
    of: int


class Tell(NamedTuple):
    """Tell an event of this kind."""

    kind: str
    data: dict[str, Any]


def backoff_ms(number: int, policy: Policy, fraction: float) -> int:
    """Return the wait after failed attempt `number`: doubled each time, a quarter more at random, bounded."""
    plain = policy.backoff_ms * 2 ** min(max(number, 1) - 1, 30)
    return int(min(policy.backoff_max_ms, plain * (1 + JITTER * fraction)))
