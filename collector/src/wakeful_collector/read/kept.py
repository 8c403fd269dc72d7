"""Answers that cost much are given again for a moment, so that many who look at once cost little more than one."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Answer = TypeVar("Answer")
CHEAP_SECONDS = 0.02
TIMES = 25
LONGEST_SECONDS = 3.0


class Kept(Generic[Answer]):
    """What `find` answers for a data folder, kept for `TIMES` as long as finding it took; cheap answers are not kept.

    So a fleet of twenty is always read anew, and a fleet of thousands is at most `LONGEST_SECONDS` old. Who asks while
    it is being found waits for that instead of finding it again.
    """

    def __init__(self, find: Callable[[Path], Answer]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._found: dict[Path, tuple[float, Answer]] = {}

    def of(self, data: Path) -> Answer:
        """Return the answer for `data`; what `find` raises is raised."""
        with self._lock:
            until, answer = self._found.get(data, (0.0, None))
            start = monotonic()
            if answer is not None and start < until:
                return answer
            self._found.pop(data, None)
            found = self._find(data)
            end = monotonic()
            if end - start >= CHEAP_SECONDS:
                self._found[data] = (end + min(LONGEST_SECONDS, TIMES * (end - start)), found)
            return found
