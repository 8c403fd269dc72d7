"""Many calls at once, by a few threads, within one time: fifty slow machines cost what the slowest few do.

Threads are started for a run and end with it. One that hangs beyond the time (a name server that never answers) is left
behind, and its key is not called again until it is back; at most `workers` threads are ever there.
"""

from __future__ import annotations

import threading
from time import monotonic

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.lane import Answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping

WORKERS_MAX = 32


class Crowd:
    """Makes calls at once; may be used from several threads."""

    def __init__(self, workers: int = WORKERS_MAX) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._hung: dict[str, float] = {}

    @property
    def hung(self) -> dict[str, float]:
        """The keys whose call has not returned, with the monotonic time since when."""
        with self._lock:
            return dict(self._hung)

    def run(self, calls: Mapping[str, Callable[[], Any]], total_seconds: float) -> dict[str, Answer]:
        """Return the answer to each call by key; those that are not done within `total_seconds` are late."""
        hung = self.hung
        batch = _Batch({key: call for key, call in calls.items() if key not in hung}, self._returned)
        for _ in range(min(self._workers - len(hung), len(batch.waiting))):
            if not batch.start():
                break
        if batch.threads:
            batch.done.wait(total_seconds)
        with self._lock:
            answers, standing = batch.close()
            self._hung.update(standing)
        late_since = {**hung, **standing}
        for key in calls:
            if key not in answers:
                answers[key] = batch.excuse(late_since.get(key))
        return {key: answers[key] for key in calls}

    def _returned(self, key: str) -> None:
        with self._lock:
            self._hung.pop(key, None)


class _Batch:
    """The calls of one run and the threads that make them; `returned` is told of those that come back too late."""

    def __init__(self, calls: dict[str, Callable[[], Any]], returned: Callable[[str], None]) -> None:
        self.waiting = list(reversed(list(calls.items())))
        self.done = threading.Event()
        self.threads = 0
        self._returned = returned
        self._problem = ""
        self._lock = threading.Lock()
        self._left = len(calls)
        self._closed = False
        self._answers: dict[str, Answer] = {}
        self._standing: dict[str, float] = {}

    def start(self) -> bool:
        """Start one more thread; False where the machine has none left."""
        try:
            threading.Thread(target=self._work, name="crowd", daemon=True).start()
        except RuntimeError as error:
            self._problem = f"no thread could be started: {error}"
            return False
        self.threads += 1
        return True

    def close(self) -> tuple[dict[str, Answer], dict[str, float]]:
        """End the run: return what is answered, and since when the calls that are not back stand."""
        with self._lock:
            self._closed = True
            self.waiting.clear()
            return self._answers, self._standing

    def excuse(self, since: float | None) -> Answer:
        """Return the answer of a call that is not done: late, or never made."""
        if self._problem and not self.threads:
            return Answer(error=HostError(self._problem))
        return Answer(seconds=0.0 if since is None else monotonic() - since, late=True)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self.waiting:
                    return
                key, call = self.waiting.pop()
                begun = self._standing[key] = monotonic()
            answer = _make(call, begun)
            with self._lock:
                late = self._closed
                if not late:
                    del self._standing[key]
                    self._answers[key] = answer
                self._left -= 1
                if not self._left:
                    self.done.set()
            if late:
                self._returned(key)


def _make(call: Callable[[], Any], begun: float) -> Answer:
    try:
        value = call()
    except BaseException as error:  # whatever a call raises is its own outcome and no other's
        return Answer(error=error, seconds=monotonic() - begun)
    return Answer(value, seconds=monotonic() - begun)
