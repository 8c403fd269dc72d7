"""One thing at a time in a thread of its own: what takes long beside a loop that must not wait."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

log = logging.getLogger("wakeful.gateway")


class Lane(Generic[T]):
    """Runs work when it is free, and keeps what came of it until it is taken; `otherwise` makes that of a failure.

    The threads end with the process, whatever they wait for.
    """

    def __init__(self, name: str, otherwise: Callable[[Exception], T]) -> None:
        self._name = name
        self._otherwise = otherwise
        self._lock = threading.Lock()
        self._running = False
        self._result: T | None = None
        self._mark: object = None

    @property
    def is_busy(self) -> bool:
        """Return whether work is under way."""
        with self._lock:
            return self._running

    def begin(self, work: Callable[[], T], mark: object = None) -> bool:
        """Begin work unless some is under way, or what came of the last was not taken; `mark` says what it is about."""
        with self._lock:
            if self._running or self._result is not None:
                return False
            self._running, self._mark = True, mark
        threading.Thread(target=self._run, args=(work,), name=self._name, daemon=True).start()
        return True

    def result(self, mark: object = None) -> T | None:
        """Return what came of the work; what is about something else by now is thrown away."""
        with self._lock:
            if self._result is not None and self._mark != mark:
                self._result = None
            return self._result

    def take(self) -> None:
        """Forget what came of the work: it was dealt with."""
        with self._lock:
            self._result = None

    def _run(self, work: Callable[[], T]) -> None:
        try:
            found = work()
        except Exception as error:  # whatever it is: the loop beside has to be told, and goes on
            log.exception("%s failed", self._name)
            found = self._otherwise(error)
        with self._lock:
            self._running, self._result = False, found
