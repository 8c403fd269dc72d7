"""Connections to services that were just used and may be used again: for moments only.

A connection that is kept for long is a trap here: a machine that slept and woke meanwhile knows nothing of it. But who
asks a hundred times a second (embeddings) should not open a hundred connections a second either.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wakeful_collector import clock

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection

IDLE_SECONDS = 2.0
"""Less than any server waits before it closes an idle connection, and than any machine needs to sleep and wake."""

KEPT_MAX = 64


class IdleConnections:
    """Holds connections by the address they lead to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[str, list[tuple[float, HTTPConnection]]] = {}

    def take(self, url: str) -> HTTPConnection | None:
        """Return the connection that was used last, if there is a good one."""
        while True:
            with self._lock:
                found = self._idle.get(url)
                if not found:
                    return None
                since, connection = found.pop()
            is_fresh = clock.monotonic_seconds() - since < IDLE_SECONDS
            if is_fresh and connection.is_connected:
                return connection
            connection.close()

    def keep(self, url: str, connection: HTTPConnection) -> None:
        """Keep a connection whose last answer was read to its end; those nobody took in time are closed."""
        now = clock.monotonic_seconds()
        over: list[HTTPConnection] = []
        with self._lock:
            for kept in self._idle.values():
                while kept and (now - kept[0][0] >= IDLE_SECONDS or len(kept) >= KEPT_MAX):
                    over.append(kept.pop(0)[1])
            self._idle.setdefault(url, []).append((now, connection))
        for one in over:
            one.close()

    def __len__(self) -> int:
        """Return how many connections are kept."""
        return sum(len(kept) for kept in self._idle.values())
