"""Events as they arrive: each told once, none left out, whatever happens to the connection or the collector."""

from __future__ import annotations

from collections import deque
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import UNREACHABLE, Failure
from wakeful_collector.remote.moments import at_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wakeful_collector.remote.client import Client

PAGE = 500
"""How many events one answer holds."""

SEEN_MAX = 5_000
PAUSE_SECONDS_MAX = 30.0

Event = dict[str, Any]


class Follower:
    """Asks again and again for what arrived since; `notice` is told when the collector goes away and comes back.

    `interval_seconds` passes between two questions while all is quiet.
    """

    def __init__(
        self,
        client: Client,
        target: str,
        kind: str | None,
        interval_seconds: float,
        notice: Callable[[str], object],
    ) -> None:
        self._client = client
        self._target = target
        self._kind = kind
        self._interval_seconds = interval_seconds
        self._notice = notice
        self._place = ""
        self._begun_ms = 0
        self._seen: deque[tuple[str, str]] = deque(maxlen=SEEN_MAX)
        self._away = 0

    def begin(self, backlog: int) -> list[Event]:
        """Return the newest `backlog` events, oldest first, and remember where they end; raise Failure."""
        document = self._client.get(self._target, kind=self._kind, limit=max(1, min(backlog, PAGE)))
        self._begun_ms = self._client.now_ms
        self._place = str(document.get("latest"))
        found = records(document, "events")[:backlog]
        return [one for one in reversed(found) if self._is_new(one)]

    def follow(self, seconds: float | None) -> Iterator[Event]:
        """Yield events as they arrive, until `seconds` have passed (None: for ever); raise Failure when refused."""
        end = None if seconds is None else monotonic() + seconds
        while True:
            pause = self._interval_seconds
            try:
                found = self._next()
                full = len(found) >= PAGE
                if self._away:
                    self._away = 0
                    self._notice("The collector is back.")
                yield from (one for one in found if self._is_new(one))
                pause = 0.0 if full else pause
            except Failure as problem:
                if problem.exit_code != UNREACHABLE or problem.code in {"untrusted", "other_certificate"}:
                    raise
                pause = self._missed(problem)
            left = pause if end is None else min(pause, end - monotonic())
            if end is not None and monotonic() >= end:
                return
            sleep(max(0.0, left))

    def _next(self) -> list[Event]:
        try:
            document = self._client.get(self._target, kind=self._kind, limit=PAGE, after=self._place)
        except Failure as problem:
            if problem.code != "unknown_place":
                raise
            return self._anew()
        self._place = str(document.get("latest"))
        return records(document, "events")

    def _anew(self) -> list[Event]:
        """Return what arrived since the beginning, when the collector does not know the place any more."""
        self._notice("The collector was restored from an older backup; events may be missing.")
        document = self._client.get(self._target, kind=self._kind, limit=PAGE)
        self._place = str(document.get("latest"))
        found = [one for one in records(document, "events") if (at_ms(one.get("received")) or 0) >= self._begun_ms]
        return found[::-1]

    def _is_new(self, event: Event) -> bool:
        name = (str(event.get("host")), str(event.get("id")))
        if name in self._seen:
            return False
        self._seen.append(name)
        return True

    def _missed(self, problem: Failure) -> float:
        """Say once that the collector is away, and return how long to wait: longer each time."""
        if not self._away:
            self._notice(f"{problem.message}. Trying again; nothing is lost.")
        self._away += 1
        return float(min(PAUSE_SECONDS_MAX, max(self._interval_seconds, 0.5) * 2 ** min(self._away - 1, 6)))
