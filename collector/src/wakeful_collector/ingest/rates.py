"""How often somebody may speak: a bucket of tokens for each, refilled steadily; memory is bounded."""

from __future__ import annotations

import math
import threading

_BUCKETS_MAX = 20_000


class Rates:
    """Buckets by key. `burst` may be taken at once, `per_second` are refilled."""

    def __init__(self, per_second: float, burst: float) -> None:
        self.per_second = per_second
        self.burst = burst
        self._lock = threading.Lock()
        self._buckets: dict[object, tuple[float, float]] = {}

    def wait_seconds(self, key: object, now_ms: int, cost: float = 1.0) -> int:
        """Take from the bucket of `key` and return 0, or the whole seconds to wait when it is empty."""
        now = now_ms / 1000
        with self._lock:
            left = self._left(key, now)
            if left < cost:
                self._buckets[key] = (left, now)
                return self._until(cost - left)
            if len(self._buckets) >= _BUCKETS_MAX and key not in self._buckets:
                self._forget_idle(now)
            self._buckets[key] = (left - cost, now)
        return 0

    def empty_seconds(self, key: object, now_ms: int) -> int:
        """Return what `wait_seconds` would, taking nothing."""
        with self._lock:
            left = self._left(key, now_ms / 1000)
        return 0 if left >= 1 else self._until(1 - left)

    def _left(self, key: object, now: float) -> float:
        left, since = self._buckets.get(key, (self.burst, now))
        return min(self.burst, left + max(0.0, now - since) * self.per_second)

    def _until(self, lacking: float) -> int:
        return max(1, math.ceil(lacking / self.per_second))

    def _forget_idle(self, now: float) -> None:
        """Drop the buckets that are full again by now; when none is, the ones touched longest ago."""
        refilled = [
            key for key, (left, since) in self._buckets.items() if left + (now - since) * self.per_second >= self.burst
        ]
        for key in refilled or sorted(self._buckets, key=lambda key: self._buckets[key][1])[: _BUCKETS_MAX // 10]:
            del self._buckets[key]
