"""How long to wait before the next try: exponential with full jitter, or as the collector asked."""

from __future__ import annotations

import os

FIRST_SECONDS = 1.0
MOST_SECONDS = 300.0
TOLD_SECONDS_MAX = 3600.0


def fraction() -> float:
    """Return a random number from 0 up to 1, from the system's source."""
    return int.from_bytes(os.urandom(4), "big") / 2**32


class Backoff:
    """Counts failures in a row and says how long to wait."""

    def __init__(self) -> None:
        self.failures = 0

    def failed(self, chance: float) -> float:
        """Return the seconds to wait after one more failure; `chance` is a random number from 0 to 1.

        The bound doubles from 1 s to 5 min; the wait is anywhere below it, at least a tenth of a second.
        """
        bound = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(self.failures, 16))
        self.failures += 1
        return max(0.1, bound * chance)

    def worked(self) -> None:
        """Forget the failures."""
        self.failures = 0


def told_seconds(header: str | None) -> float | None:
    """Return the seconds of a Retry-After header, within an hour; None when there is none or it is a date."""
    text = (header or "").strip()
    return min(float(text), TOLD_SECONDS_MAX) if text.isascii() and text.isdigit() else None
