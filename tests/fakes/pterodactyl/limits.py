"""Counting what is allowed in how long: the Panel's fixed windows and Wings' token buckets. Pure; `now` is given."""

from __future__ import annotations

import dataclasses
import math


@dataclasses.dataclass
class Taken:
    """What one hit on a fixed window came to."""

    allowed: bool
    limit: int
    remaining: int
    retry_seconds: int


class FixedWindow:
    """So many hits a window for each key; a window begins with its first hit (section 1.2 of the facts)."""

    def __init__(self, limit: int, window_seconds: float) -> None:
        self.limit, self.window_seconds = limit, window_seconds
        self._windows: dict[str, tuple[float, int]] = {}

    def hit(self, key: str, now: float) -> Taken:
        """Count one and tell whether it is within the limit; what is refused is not counted."""
        began, count = self._windows.get(key, (now, 0))
        if now - began >= self.window_seconds:
            began, count = now, 0
        allowed = count < self.limit
        count += allowed
        self._windows[key] = began, count
        left = max(1, math.ceil(began + self.window_seconds - now))
        return Taken(allowed, self.limit, self.limit - count, left)

    def count(self, key: str, now: float) -> int:
        """Return how many were counted in the window that runs."""
        began, count = self._windows.get(key, (now, 0))
        return count if now - began < self.window_seconds else 0

    def clear(self, key: str) -> None:
        """Forget what one key did."""
        self._windows.pop(key, None)


class Bucket:
    """A token bucket: `burst` at once, one more every `every_seconds` (section 1.5 of the facts, seen)."""

    def __init__(self, every_seconds: float, burst: int, now: float) -> None:
        self.every_seconds, self.burst = every_seconds, burst
        self.tokens, self.filled = float(burst), now
        self.told = False
        """Whether `throttled` was said in the throttling that goes on."""

    def take(self, now: float) -> bool:
        """Take one if there is one."""
        self.tokens = min(self.burst, self.tokens + (now - self.filled) / self.every_seconds)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        self.told = False
        return True
