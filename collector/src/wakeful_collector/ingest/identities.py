"""Which agent speaks: tokens are looked up by their hash and remembered until anything in state.db changes."""

from __future__ import annotations

import hashlib
import hmac
import threading
from typing import TYPE_CHECKING

from wakeful_collector.store import agents, database

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

TOKEN_BYTES_MAX = 256
_REMEMBERED_MAX = 50_000
_USES = 64


class Identities:
    """Agents by token. A revocation, a new tuning or a restored database holds from the very next look-up on.

    Each thread asks its own connection whether somebody committed (`PRAGMA data_version`); the first that notices
    empties the memory. What was read before that is not remembered after it.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._seen = threading.local()
        self._lock = threading.Lock()
        self._generation = 0
        self._known: dict[bytes, agents.Agent | None] = {}

    def by_token(self, token: str) -> agents.Agent | None:
        """Return the agent that has this token, None when there is none."""
        return self.by_digest(hashlib.sha256(token.encode("utf-8", "replace")).digest())

    def by_digest(self, digest: bytes) -> agents.Agent | None:
        """Return the agent whose token has this SHA-256."""
        with database.translated():
            connection = self._connection()
            generation = self._refresh(connection)
            if digest in self._known:
                return self._known[digest]
            text = digest.hex()
            agent = agents.by_token(connection, text)
        if agent is not None and not hmac.compare_digest(agent.token_hash, text):
            agent = None
        self._remember(digest, agent, generation)
        return agent

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection, looking only now and then whether a restore replaced the file."""
        seen = self._seen
        seen.uses = getattr(seen, "uses", 0) - 1
        if seen.uses < 0:
            seen.uses = _USES
            seen.connection = database.reader(self._data, "state")
        connection: sqlite3.Connection = seen.connection
        return connection

    def _refresh(self, connection: sqlite3.Connection) -> int:
        seen = (id(connection), connection.execute("PRAGMA data_version").fetchone()[0])
        if getattr(self._seen, "version", None) != seen:
            self._seen.version = seen
            with self._lock:
                self._generation += 1
                self._known.clear()
        return self._generation

    def _remember(self, digest: bytes, agent: agents.Agent | None, generation: int) -> None:
        with self._lock:
            if generation != self._generation:
                return
            if len(self._known) >= _REMEMBERED_MAX:
                self._known.clear()
            self._known[digest] = agent
