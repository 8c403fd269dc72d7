"""Calls that may never return, made by a thread that is left behind when one does not.

One worker thread makes all calls in sequence, so that a run costs two thread switches whatever the number of calls.
A call over its budget is *late*: its worker is left to it and the rest goes on in a new one. While a call hangs its
key is not called again, and at most `hung_max` threads are ever left behind. The threads are daemons: they never
keep the process from ending.
"""

from __future__ import annotations

import threading
from queue import Empty, Queue
from time import monotonic

from wakeful_agent.host.errors import HostError
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Sequence

HUNG_MAX = 16


class Call(NamedTuple):
    """Something to be done, under a key that stands for what may hang (a meter, a mount)."""

    key: str
    function: Callable[[], Any]
    budget_seconds: float


class Answer(NamedTuple):
    """What became of a call: a value, or an error, or neither in time (`late`)."""

    value: Any = None
    error: BaseException | None = None
    seconds: float = 0.0
    late: bool = False


class Lane:
    """Makes calls within time; to be used from one thread at a time."""

    def __init__(self, hung_max: int = HUNG_MAX) -> None:
        self._hung_max = hung_max
        self._hung: dict[str, float] = {}
        self._worker: _Worker | None = None

    def run(self, calls: Sequence[Call], total_seconds: float = 3600.0) -> dict[str, Answer]:
        """Return the answer to every call by key; those not started within `total_seconds` are late too."""
        begun = monotonic()
        ends = begun + total_seconds
        answers = {key: Answer(seconds=begun - since, late=True) for key, since in self.hung.items()}
        waiting = [call for call in calls if call.key not in answers]
        while waiting and monotonic() < ends and len(self._hung) < self._hung_max:
            done = self._attempt(waiting, ends)
            answers.update(zip([call.key for call in waiting], done))
            waiting = waiting[len(done) :]
        answers.update((call.key, Answer(late=True)) for call in waiting)
        return {call.key: answers[call.key] for call in calls}

    @property
    def hung(self) -> dict[str, float]:
        """The keys whose call has not returned, with the monotonic time at which it was made."""
        return dict(self._hung)

    def close(self) -> None:
        """Let the idle worker end; those left behind end when their call returns, or with the process."""
        if self._worker is not None:
            self._worker.inbox.put(None)
            self._worker = None

    def _attempt(self, calls: Sequence[Call], ends: float) -> list[Answer]:
        try:
            worker = self._worker = self._worker or _Worker(self._hung)
        except RuntimeError as error:  # the machine has no thread left for us: the worst moment to fall over
            return [Answer(error=HostError(f"no thread could be started: {error}")) for _ in calls]
        worker.begin(calls)
        if worker.wait(ends):
            return worker.answers
        self._worker = None
        last = worker.answers
        return [*last, Answer(seconds=calls[len(last)].budget_seconds, late=True)]


class _Worker:
    """The thread, and what it shares with the lane: `standing` is the call it is at, since when."""

    def __init__(self, hung: dict[str, float]) -> None:
        self.inbox: Queue[Sequence[Call] | None] = Queue()
        self.outbox: Queue[None] = Queue()
        self.answers: list[Answer] = []
        self._hung = hung
        self._lock = threading.Lock()
        self._left = False
        self._least_seconds = 0.0
        self._standing: tuple[Call, float] | None = None
        threading.Thread(target=self._loop, name="lane", daemon=True).start()

    def begin(self, calls: Sequence[Call]) -> None:
        self.answers = []
        self._least_seconds = min(call.budget_seconds for call in calls)
        self._standing = (calls[0], monotonic())
        self.inbox.put(calls)

    def wait(self, ends: float) -> bool:
        """Return True when all calls are done, False when one is late and this worker was left to it."""
        while True:
            standing = self._standing
            left = 60.0 if standing is None else min(standing[1] + standing[0].budget_seconds, ends) - monotonic()
            if left <= 0 and self._leave(standing):
                return False
            try:
                # A later call may have less time than the present one, and nobody tells when it begins.
                self.outbox.get(timeout=max(0.0, min(left, self._least_seconds)))
            except Empty:
                continue
            return True

    def _leave(self, standing: tuple[Call, float] | None) -> bool:
        with self._lock:
            if standing is None or self._standing is not standing:
                return False
            self._left = True
            self._hung[standing[0].key] = standing[1]
            return True

    def _loop(self) -> None:
        while True:
            calls = self.inbox.get()
            if calls is None:
                return
            for index, call in enumerate(calls):
                answer = make_call(call)
                with self._lock:
                    if self._left:
                        del self._hung[call.key]
                        return
                    self.answers.append(answer)
                    self._standing = (calls[index + 1], monotonic()) if index + 1 < len(calls) else None
            self.outbox.put(None)


def make_call(call: Call) -> Answer:
    """Make the call now; whatever it raises is its answer."""
    begun = monotonic()
    try:
        value = call.function()
    except BaseException as error:  # whatever a plugin raises is its outcome, an exit too, never the end of the lane
        return Answer(error=error, seconds=monotonic() - begun)
    return Answer(value, seconds=monotonic() - begun)
