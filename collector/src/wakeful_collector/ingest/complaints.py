"""What is wrong with somebody is logged once, not with each push."""

from __future__ import annotations

import logging
import threading

log = logging.getLogger("wakeful.ingest")

QUIET_SECONDS = 3600
_REMEMBERED_MAX = 4_096


class Complaints:
    """Logs a complaint about somebody at most once an hour for each kind of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: dict[tuple[str, str], int] = {}

    def say(self, who: str, code: str, message: str, now_ms: int) -> bool:
        """Log that `who` was refused with `code`, unless that was said lately; return whether it was logged."""
        key = (who, code)
        with self._lock:
            said_ms = self._said.get(key)
            if said_ms is not None and now_ms - said_ms < QUIET_SECONDS * 1000:
                return False
            if len(self._said) >= _REMEMBERED_MAX:
                self._said.clear()
            self._said[key] = now_ms
        log.warning("%s refused: %s: %s", who, code, message.encode("unicode_escape").decode("ascii")[:300])
        return True
