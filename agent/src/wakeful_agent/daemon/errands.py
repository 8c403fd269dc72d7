"""Calls made beside whoever asks, each in a thread of its own while it lasts: a slow one never holds up another.

The threads are daemons and end with their call. A call over its budget is late: that is its answer, its place is given
to the next, and its key is not called again until it has come back.
"""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.lane import HUNG_MAX, Answer, Call, make_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable


class Errands:
    """Runs at most `most` calls at a time, one of a key; `done` gets each answer, in whatever thread it comes about."""

    def __init__(self, done: Callable[[str, Answer], None], most: int) -> None:
        self._done = done
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[Call] = deque()
        self._running: dict[str, tuple[Call, float]] = {}
        self._hung: dict[str, Call] = {}

    def __contains__(self, key: object) -> bool:
        with self._lock:
            return key in self._running or key in self._hung or any(call.key == key for call in self._waiting)

    def start(self, call: Call) -> bool:
        """Let a call be made as soon as there is room; tells whether it will be: not while one of its key is."""
        if call.key in self:
            return False
        with self._lock:
            self._waiting.append(call)
        self._work()
        return True

    def judge(self) -> None:
        """Answer for those that are over their budget."""
        late = []
        with self._lock:
            for key, (call, since) in list(self._running.items()):
                if monotonic() - since > call.budget_seconds:
                    self._hung[key] = self._running.pop(key)[0]
                    late.append(call)
            if len(self._hung) >= HUNG_MAX:  # none of those that wait would ever be made
                late += self._waiting
                self._waiting.clear()
        for call in late:
            self._done(call.key, Answer(seconds=call.budget_seconds, late=True))
        if late:
            self._work()

    def due_seconds(self) -> float:
        """Return when the next call is over its budget."""
        with self._lock:
            ends = [since + call.budget_seconds for call, since in self._running.values()]
        return max(0.0, min(ends, default=monotonic() + 3600.0) - monotonic())

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting or len(self._running) >= self._most or len(self._hung) >= HUNG_MAX:
                    return
                call = self._waiting.popleft()
                self._running[call.key] = (call, monotonic())
            try:
                threading.Thread(target=self._make, args=(call,), name="errand", daemon=True).start()
            except RuntimeError as error:
                with self._lock:
                    del self._running[call.key]
                self._done(call.key, Answer(error=HostError(f"no thread could be started: {error}")))

    def _make(self, call: Call) -> None:
        answer = make_call(call)
        with self._lock:
            late = self._running.pop(call.key, None) is None
            self._hung.pop(call.key, None)
        if not late:
            self._done(call.key, answer)
        self._work()
