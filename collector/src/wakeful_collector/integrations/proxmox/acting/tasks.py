"""Following a task of Proxmox to its end: the exit status decides, its log tells how far it is.

A task is looked at every second, then less often. What is in the way of looking (its node does not answer, the
connection is gone) is not the task's end: it is asked again until the time is over. Facts: the final line may be
missing after a reboot of the node, and the log may be gone; then nobody knows, and whoever asked looks at the guest.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import TYPE_CHECKING
from urllib.parse import quote

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.model.story import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.integrations.proxmox.acting.looking import Api

LOG_LINES_MAX = 50
LINE_CHARACTERS_MAX = 400
PAUSES_SECONDS = (0.2, 0.3, 0.5, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 5.0)
"""How long to wait before each next look; the last one for good."""

RUNNING, OK, FAILED, UNKNOWN, GAVE_UP = "running", "ok", "failed", "unknown", "gave_up"
_NOBODY_KNOWS = ("unexpected status", "unable to get last line", "unable to read tail", "got no worker upid")
_PERCENT = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d+)?) ?%")
_WARNINGS = re.compile(r"^WARNINGS: (\d+)$")
LOG_PAGE_LINES = 500
LOG_PAGES_MAX = 20
PASSING = frozenset({"unreachable", "node_unreachable", "tls", "auth", "busy", "garbled", "quorum"})
"""Kinds of PveError that are in the way of looking, for now: they say nothing of the task."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task is: a fraction where its log tells one, its last lines, and what is in the way of looking."""

    fraction: float | None = None
    log_tail: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended: ok, failed, unknown (its end stands nowhere) or gave_up (it was followed long enough)."""

    state: str
    exitstatus: str = ""
    log_tail: tuple[str, ...] = ()
    warnings: int = 0
    upid: str = ""

    @property
    def ok(self) -> bool:
        """Return whether it came to a good end, warnings or not."""
        return self.state == OK


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a task is followed, and who may end it: `pause` waits, `is_stopped` tells to abort the task."""

    seconds: float
    blind_seconds: float = 1_800.0
    pause: Callable[[float], object] = field(default=lambda seconds: threading.Event().wait(seconds))
    is_stopped: Callable[[], bool] = field(default=lambda: False)


def follow(
    api: Api, upid: str, patience: Patience, on_progress: Callable[[Progress], object] = lambda _: None
) -> Outcome:
    """Follow a task until it ends, nobody can tell, or the patience is over; it raises nothing of the cluster's.

    `on_progress` is called whenever something changed.
    """
    return _Watch(api, upid, patience, on_progress).follow()


class _Watch:
    """One task being followed."""

    def __init__(self, api: Api, upid: str, patience: Patience, on_progress: Callable[[Progress], object]) -> None:
        self._api = api
        self._upid = upid
        self._path = f"/nodes/{upid.split(':')[1]}/tasks/{quote(upid, safe='')}"
        self._patience = patience
        self._on_progress = on_progress
        self._lines: deque[str] = deque(maxlen=LOG_LINES_MAX)
        self._read = 0
        self._fraction: float | None = None
        self._told = Progress()
        self._aborted = False

    def follow(self) -> Outcome:
        began = seen = clock.monotonic_seconds()
        for pause in chain(PAUSES_SECONDS, repeat(PAUSES_SECONDS[-1])):
            if self._patience.is_stopped():
                self._abort()
            try:
                status = self._api.get(f"{self._path}/status")
                seen = clock.monotonic_seconds()
                self._read_log()
                if isinstance(status, dict) and status.get("status") == "stopped":
                    return self._ended(str(status.get("exitstatus") or ""))
                self._tell("")
            except PveError as error:
                if error.kind not in PASSING:
                    return self._outcome(UNKNOWN, str(error))
                self._tell(f"it cannot be seen: {error}")
            now = clock.monotonic_seconds()
            if now - began > self._patience.seconds or now - seen > self._patience.blind_seconds:
                return self._outcome(GAVE_UP, self._told.note)
            self._patience.pause(pause)
        raise AssertionError("there is always one more pause")  # pragma: no cover - `repeat` has no end

    def _ended(self, exitstatus: str) -> Outcome:
        found = _WARNINGS.match(exitstatus)
        if exitstatus == "OK" or found:
            return self._outcome(OK, exitstatus, int(found[1]) if found else 0)
        known = exitstatus and not exitstatus.startswith(_NOBODY_KNOWS)
        return self._outcome(FAILED if known else UNKNOWN, exitstatus)

    def _outcome(self, state: str, exitstatus: str, warnings: int = 0) -> Outcome:
        said = plain(exitstatus, LINE_CHARACTERS_MAX)
        return Outcome(state, said, tuple(self._lines), warnings, self._upid)

    def _read_log(self) -> None:
        """Read on in the log; one that is gone or not permitted tells nothing, and ends nothing."""
        for _ in range(LOG_PAGES_MAX):
            try:
                page = self._api.get(f"{self._path}/log", start=self._read, limit=LOG_PAGE_LINES)
            except PveError:
                return
            rows = page if isinstance(page, list) else []
            texts = [str(row.get("t") or "") for row in rows if isinstance(row, dict)]
            if self._read == 0 and texts == ["no content"]:  # what an empty log looks like
                return
            self._read += len(texts)
            for text in texts:
                self._take(text)
            if len(texts) < LOG_PAGE_LINES:
                return

    def _take(self, text: str) -> None:
        self._lines.append(plain(text, LINE_CHARACTERS_MAX))
        found = _PERCENT.findall(text)
        if found and float(found[-1]) <= 100:
            self._fraction = round(float(found[-1]) / 100, 4)

    def _tell(self, note: str) -> None:
        told = Progress(self._fraction, tuple(self._lines), plain(note, LINE_CHARACTERS_MAX))
        if told != self._told:
            self._told = told
            self._on_progress(told)

    def _abort(self) -> None:
        """Ask Proxmox once to end the task; how it ends is seen like any other end."""
        if not self._aborted:
            try:
                self._api.delete(self._path)
                self._aborted = True
            except PveError as error:
                self._aborted = error.kind not in PASSING
