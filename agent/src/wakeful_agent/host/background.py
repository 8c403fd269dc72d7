"""Calls that take their time, made one after the other beside whoever asked: what has finished is fetched later.

A thread is there only while something is to be done. A call over its budget is *late*: its thread is left to it, as in
`lane`, the rest goes on in a new one, and its key is not called again until it has come back. That a call is late is
noticed when somebody asks, so nothing has to watch.
"""

from __future__ import annotations

import threading
from time import monotonic

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.lane import HUNG_MAX, Answer, Call, make_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable


class Background:
    """Makes calls in the background; `start`, `take` and `wait` are for one thread at a time."""

    def __init__(self, hung_max: int = HUNG_MAX) -> None:
        self._hung_max = hung_max
        self._changed = threading.Condition()
        self._waiting: list[Call] = []
        self._standing: tuple[Call, float] | None = None
        self._answers: dict[str, Answer] = {}
        self._hung: dict[str, float] = {}
        self._worker: object | None = None

    @property
    def hung(self) -> dict[str, float]:
        """The keys whose call has not returned, with the monotonic time at which it was made."""
        with self._changed:
            return dict(self._hung)

    @property
    def busy(self) -> set[str]:
        """The keys whose calls wait or are being made."""
        with self._changed:
            return self._busy()

    def start(self, calls: Iterable[Call]) -> list[str]:
        """Let calls be made, unless one of the same key is waiting or made now; a hung one is late again.

        Returns the keys of those that will be made.
        """
        taken = []
        with self._changed:
            self._judge()
            busy = self._busy()
            for call in calls:
                since = self._hung.get(call.key)
                if since is not None:
                    self._answers[call.key] = Answer(seconds=monotonic() - since, late=True)
                elif call.key not in busy:
                    self._waiting.append(call)
                    taken.append(call.key)
            self._work()
        return taken

    def take(self) -> dict[str, Answer]:
        """Return the answers that came since the last time."""
        with self._changed:
            self._judge()
            answers, self._answers = self._answers, {}
            return answers

    def wait(self, keys: Iterable[str]) -> None:
        """Wait until none of the calls is waiting or being made; each has its budget from when it is begun."""
        wanted = set(keys)
        with self._changed:
            while True:
                self._judge()
                standing = self._standing
                if not wanted & self._busy():
                    return
                left = 0.05 if standing is None else standing[1] + standing[0].budget_seconds - monotonic()
                self._changed.wait(max(0.001, left))

    def _busy(self) -> set[str]:
        standing = {self._standing[0].key} if self._standing else set()
        return standing.union(call.key for call in self._waiting)

    def _judge(self) -> None:
        """Leave the worker to a call that is over its budget."""
        if self._standing is None:
            return
        call, since = self._standing
        if monotonic() - since <= call.budget_seconds:
            return
        self._hung[call.key] = since
        self._answers[call.key] = Answer(seconds=call.budget_seconds, late=True)
        self._standing = self._worker = None
        self._work()

    def _work(self) -> None:
        if self._worker is not None or not self._waiting:
            return
        if len(self._hung) >= self._hung_max:
            self._give_up(Answer(late=True))
            return
        self._worker = mark = object()
        try:
            threading.Thread(target=self._loop, args=(mark,), name="background", daemon=True).start()
        except RuntimeError as error:
            self._worker = None
            self._give_up(Answer(error=HostError(f"no thread could be started: {error}")))

    def _give_up(self, answer: Answer) -> None:
        self._answers.update((call.key, answer) for call in self._waiting)
        self._waiting = []

    def _loop(self, mark: object) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._worker = None
                    return
                call = self._waiting.pop(0)
                self._standing = (call, monotonic())
            answer = make_call(call)
            with self._changed:
                if self._worker is not mark:
                    del self._hung[call.key]
                    return
                self._answers[call.key] = answer
                self._standing = None
                self._changed.notify_all()
