"""The threads that answer pages; one that waits for a client to take its answer lends its place meanwhile.

A ThreadPoolExecutor counts a thread that waits for a slow reader as one that works: twelve readers that take a byte now
and then would be the end of all pages.
"""

from __future__ import annotations

import errno
import logging
import threading
from collections import Counter, deque
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Task = tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]

log = logging.getLogger("wakeful.web")

LENT_MAX = 256
"""How many threads may wait for slow readers; whoever would be one more is given up."""

LENT_TO_ONE_MAX = 64
"""How many of them may wait for readers at one address: nobody alone is the end of all slow answers."""


class PageThreads:
    """At most `places` threads at work, as an executor of gunicorn's; those that lent their place are not counted."""

    def __init__(self, places: int, lent_max: int = LENT_MAX, lent_to_one_max: int = LENT_TO_ONE_MAX) -> None:
        self.places = places
        self.lent_max = lent_max
        self.lent_to_one_max = lent_to_one_max
        self._changed = threading.Condition()
        self._tasks: deque[Task] = deque()
        self._own: set[int] = set()
        self._idle = 0
        self._lent = 0
        self._lent_to: Counter[str] = Counter()
        self._is_closed = False

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have `work` done by the next free thread; raise RuntimeError after `shutdown`."""
        future: Future[Any] = Future()
        with self._changed:
            if self._is_closed:
                raise RuntimeError("no page is answered any more")
            self._tasks.append((future, work, arguments))
            self._provide()
        return future

    def shutdown(self, wait: bool = True) -> None:  # noqa: ARG002 - an executor has it
        """Take no more work; what waits is still done, and nobody waits for it (gunicorn never does)."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    @contextmanager
    def lend(self, whose: str = "") -> Iterator[bool]:
        """Let another thread work in the place of this one; False in a thread that has none here.

        `whose` is the address of the reader that is waited for, empty where many may be behind it (a proxy).

        Raises:
            ConnectionResetError: too many wait already, or too many for readers at this address.
        """
        if threading.get_ident() not in self._own:
            yield False
            return
        with self._changed:
            if self._lent >= self.lent_max or (whose and self._lent_to[whose] >= self.lent_to_one_max):
                raise ConnectionResetError(errno.ECONNRESET, "too many clients take their answers slowly")
            self._lent += 1
            self._lent_to[whose] += 1
            self._provide()
        try:
            yield True
        finally:
            with self._changed:
                self._lent -= 1
                self._lent_to[whose] -= 1
                self._lent_to += Counter()  # forgets addresses without any

    def _provide(self) -> None:
        """See to a thread for the newest task: an idle one, or a new one where there is a place."""
        if self._idle >= len(self._tasks):
            self._changed.notify()
        elif self._tasks and len(self._own) - self._lent < self.places:
            thread = threading.Thread(target=self._run, name="page", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # the system has none left; those that are there take the task
                log.warning("no further thread for pages: %s", error)
            else:
                self._own.add(thread.ident or 0)

    def _run(self) -> None:
        while (task := self._next()) is not None:
            future, work, arguments = task
            try:
                future.set_result(work(*arguments))
            except BaseException as error:  # as an executor: whoever asks the future hears of it
                future.set_exception(error)

    def _next(self) -> Task | None:
        with self._changed:
            self._idle += 1
            while not self._tasks and not self._is_closed and not self._is_surplus():
                self._changed.wait()
            self._idle -= 1
            if self._tasks and not self._is_surplus():
                return self._tasks.popleft()
            self._own.discard(threading.get_ident())
            self._provide()  # it may have been this thread that was woken for a task
            return None

    def _is_surplus(self) -> bool:
        """Tell whether those that lent their place are back, so that one thread is too many."""
        return len(self._own) - self._lent > self.places
