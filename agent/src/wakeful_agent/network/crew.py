"""A few threads that do what may block, beside a thread that must not: started when needed, gone when idle."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

THREADS_MAX = 8
URGENT_THREADS_MAX = 4
IDLE_SECONDS = 30.0


class Crew:
    """Does each work once, the urgent ones first; for those there are threads more when all others hang."""

    def __init__(self, name: str, most: int = THREADS_MAX, idle_seconds: float = IDLE_SECONDS) -> None:
        self._name = name
        self._most = most
        self._idle_seconds = idle_seconds
        self._works: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._threads = 0
        self._idle = 0
        self._ended = False

    def do(self, work: Callable[[], None], urgent: bool = False) -> None:
        """Have it done soon; what it raises is lost, so it must not raise. After `end` nothing is done."""
        with self._changed:
            if self._ended:
                return
            if urgent:
                self._works.appendleft(work)
            else:
                self._works.append(work)
            most = self._most + (URGENT_THREADS_MAX if urgent else 0)
            if self._idle >= len(self._works):
                self._changed.notify()
            elif self._threads < most:
                with suppress(RuntimeError):  # the machine has no thread left: it is done when there is one again
                    threading.Thread(target=self._serve, name=self._name, daemon=True).start()
                    self._threads += 1

    def end(self) -> None:
        """Forget what was not begun; threads end when what they do ends."""
        with self._changed:
            self._ended = True
            self._works.clear()
            self._changed.notify_all()

    def _serve(self) -> None:
        while True:
            with self._changed:
                if not self._works and not self._ended:
                    self._idle += 1
                    self._changed.wait(self._idle_seconds)
                    self._idle -= 1
                if not self._works:
                    self._threads -= 1
                    return
                work = self._works.popleft()
            work()
