"""Waiting for the end of a command, in bounds: whoever waits keeps a thread of the web server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.read import commands
from wakeful_collector.store import database

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.model.command import Command

SECONDS_MAX = 55
"""Less than the minute after which proxies in between lose patience."""
LOOK_SECONDS = 0.05


class Waiting:
    """Who waits in this process; more than `most` at once are answered without waiting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters = 0

    def for_end(self, data: Path, command_id: str, seconds: float, most: int) -> Command | None:
        """Return the command when it has come to its end, or as it stands when patience ends; None without one."""
        found = commands.command(data, command_id)
        if found is None or not found.is_open or seconds <= 0 or not self._enter(most):
            return found
        try:
            return self._look(data, found, clock.monotonic_seconds() + min(seconds, SECONDS_MAX))
        finally:
            with self._lock:
                self._waiters -= 1

    def _enter(self, most: int) -> bool:
        with self._lock:
            if self._waiters >= most:
                return False
            self._waiters += 1
        return True

    def _look(self, data: Path, found: Command, until_seconds: float) -> Command | None:
        """Ask again whenever somebody changed something."""
        pause = threading.Event()
        seen, latest = -1, found
        while clock.monotonic_seconds() < until_seconds:
            with database.translated():
                version = database.reader(data, "state").execute("PRAGMA data_version").fetchone()[0]
            if version != seen:
                seen, again = version, commands.command(data, found.id)
                if again is None or not again.is_open:
                    return again
                latest = again
            pause.wait(LOOK_SECONDS)
        return latest
