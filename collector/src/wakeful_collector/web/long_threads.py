"""Threads for what takes minutes: started when there is work, ended when there is none, bounded, waited for by nobody.

A ThreadPoolExecutor would not do: its threads stay for ever, its queue is endless, and a process that stops waits for
all of them.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[], object]

log = logging.getLogger("wakeful.web")

THREADS_MAX = 256
IDLE_SECONDS = 30.0


class LongThreads:
    """At most `most` threads; one that had nothing to do for `idle_seconds` ends."""

    def __init__(self, most: int = THREADS_MAX, idle_seconds: float = IDLE_SECONDS) -> None:
        self.most = most
        self.idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._work: queue.Queue[Work] = queue.Queue()
        self._threads = 0
        self._idle = 0

    def submit(self, work: Work) -> bool:
        """Have `work` done at once; False when all threads are at work, and then it is not done."""
        with self._lock:
            if self._idle:
                self._idle -= 1
                self._work.put(work)
                return True
            if self._threads >= self.most:
                return False
            self._threads += 1
        try:
            threading.Thread(target=self._run, args=(work,), name="long", daemon=True).start()
        except RuntimeError:  # the system has no thread left
            with self._lock:
                self._threads -= 1
            return False
        return True

    def __len__(self) -> int:
        """Return how many threads there are, at work or idle."""
        return self._threads

    def _run(self, work: Work) -> None:
        following: Work | None = work
        while following is not None:
            try:
                following()
            except Exception:
                log.exception("a long request failed")
            with self._lock:
                self._idle += 1
            following = self._next()

    def _next(self) -> Work | None:
        while True:
            try:
                return self._work.get(timeout=self.idle_seconds)
            except queue.Empty:
                with self._lock:
                    if self._idle:
                        self._idle -= 1
                        self._threads -= 1
                        return None
                # Whoever is not counted as idle any more has been promised work: it is on its way.
