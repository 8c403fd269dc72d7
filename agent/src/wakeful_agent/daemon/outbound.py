"""What the keeper tells: events on their way to the collector, and a line of the log for each."""

from __future__ import annotations

import threading
from collections import deque

from wakeful_agent.daemon import events
from wakeful_agent.daemon.roster import fitting
from wakeful_agent.decision import (
    ATTEMPTED,
    FAILED,
    FLAPPING,
    RECOVERY_GIVEN_UP,
    SUCCEEDED,
    WATCH_BLIND,
    WATCH_DOWN,
    WATCH_HELD,
    WATCH_PAUSED,
    WATCH_RESUMED,
    WATCH_SIGHTED,
    WATCH_STOPPED,
    WATCH_UP,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from wakeful_agent.daemon.kept import Kept
    from wakeful_agent.decision import Tell
    from wakeful_agent.host.log import Log

EVENTS_MAX = 1000
_LINES = {
    WATCH_DOWN: ("warning", "is down: {detail}"),
    WATCH_UP: ("info", "is up again after {seconds_down} s"),
    WATCH_HELD: ("warning", "is held and left alone: {detail}"),
    WATCH_STOPPED: ("info", "is stopped and left alone: {detail}"),
    WATCH_BLIND: ("warning", "cannot be told how it stands: {detail}"),
    WATCH_SIGHTED: ("info", "can be told again"),
    WATCH_PAUSED: ("info", "is paused: {why}"),
    WATCH_RESUMED: ("info", "is kept alive again"),
    ATTEMPTED: ("info", "attempt {attempt} of {of}: {summary}"),
    FAILED: ("warning", "attempt {attempt} failed: {why}"),
    SUCCEEDED: ("info", "came up by attempt {attempts}"),
    RECOVERY_GIVEN_UP: ("error", "is given up after {attempts} attempts: it needs a person"),
    FLAPPING: ("warning", "flaps: it fell {falls} times in {seconds} s"),
}
_WITH_EVIDENCE = {WATCH_DOWN, RECOVERY_GIVEN_UP}


class Outbound:
    """Holds events until they are taken; of very many the oldest are left out.

    What is decided at once is handed on at once, so that it travels in one push: `tell` each, then `hand_on`.
    """

    def __init__(self, wake: Callable[[], None], log: Log) -> None:
        self._wake = wake
        self._log = log
        self._events: deque[dict[str, Any]] = deque(maxlen=EVENTS_MAX)
        self._told: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def tell(self, kept: Kept, told: Tell, now_ms: int) -> None:
        """Tell an event; with what the watch adds to its sight, where a person will ask for it."""
        evidence = fitting(kept.sight.data) if kept.sight is not None and told.kind in _WITH_EVIDENCE else {}
        level, line = _LINES[told.kind]
        self._log.say(level, f"watch {kept.name} {line.format_map(told.data)}".rstrip(": "))
        data = {"kind": kept.setting.kind, **told.data}
        self._told.append(events.event(told.kind, now_ms, kept.name) | {"data": {**evidence, **data}})

    def hand_on(self) -> None:
        """Let what was told be taken."""
        if self._told:
            with self._lock:
                self._events.extend(self._told)
            self._told = []
            self._wake()

    def take(self) -> list[dict[str, Any]]:
        """Return the events that came since the last time."""
        with self._lock:
            taken = list(self._events)
            self._events.clear()
        return taken
