"""Counts what the door does, to be written beside the samples now and then."""

from __future__ import annotations

import threading
from collections import Counter


class Tally:
    """Counters of this process that were not written yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: Counter[str] = Counter()

    def add(self, name: str, amount: float = 1) -> None:
        """Count something."""
        with self._lock:
            self._counted[name] += amount  # type: ignore[assignment] # a Counter may count seconds too

    def take(self) -> dict[str, float]:
        """Return what was counted since the last time, and start anew."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
        return dict(counted)

    def give_back(self, counted: dict[str, float]) -> None:
        """Count again what could not be written."""
        for name, amount in counted.items():
            self.add(name, amount)
