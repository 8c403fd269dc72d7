"""Waiting until a deed goes on, in bounds: whoever waits keeps a thread of the web server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.read import proxmox_deeds as deeds

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.proxmox_deeds import DeedRow

SECONDS_MAX = 30
LOOK_SECONDS = 0.1

_lock = threading.Lock()
_waiters: list[object] = []


def for_news(data: Path, deed_id: str, seen: int | None, seconds: float, most: int) -> DeedRow | None:
    """Return a deed once its revision is above `seen` (None: once it has ended), or as it stands after `seconds`.

    Where `most` wait in this process already it is answered at once. None when there is no such deed.
    """
    found = deeds.deed(data, deed_id)
    if found is None or _is_news(found, seen) or seconds <= 0:
        return found
    ticket = object()
    with _lock:
        if len(_waiters) >= most:
            return found
        _waiters.append(ticket)
    try:
        return _look(data, found, seen, clock.monotonic_seconds() + min(seconds, SECONDS_MAX))
    finally:
        with _lock:
            _waiters.remove(ticket)


def _look(data: Path, found: DeedRow, seen: int | None, until_seconds: float) -> DeedRow | None:
    pause = threading.Event()
    latest: DeedRow | None = found
    while latest is not None and not _is_news(latest, seen) and clock.monotonic_seconds() < until_seconds:
        pause.wait(LOOK_SECONDS)
        latest = deeds.deed(data, found.id)
    return latest


def _is_news(row: DeedRow, seen: int | None) -> bool:
    return not row.is_open or (seen is not None and row.revision > seen)
