"""Passwords that a panel refused, over restarts: a wrong one is tried once, however often the agent starts.

What is kept tells nobody the password: a salted PBKDF2 of panel, user and password, in a file of the agent's own. A
login is written down before the password is told, so that one nobody knows the end of counts too.
"""

from __future__ import annotations

import json
import os
import threading

from wakeful_agent.host import durable
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ROUNDS = 100_000
ROWS_MAX = 64
_SALT_BYTES = 16
_LOCK = threading.Lock()
"""Accounts share the file, and log in from threads of their own."""


class Tried(NamedTuple):
    """When a login was last tried, and whether the panel refused it."""

    at_ms: int
    refused: bool


def path_of(state: str) -> str:
    """Return the path of the file below the state folder; empty where there is no such folder."""
    return os.path.join(state, "logins.json") if state else ""


class Refusals:
    """What is known of one account's logins; without a path nothing is kept."""

    def __init__(self, path: str, url: str, user: str, password: str) -> None:
        self._path = path
        self._who = f"{url}\0{user}\0{password}".encode("utf-8", "surrogateescape")
        self._digests: dict[str, str] = {}

    def recall(self) -> Tried | None:
        """Return what is known of these very credentials; None when they are not known to be wrong."""
        with _LOCK:
            salt, rows = self._read()
            row = rows.get(self._digest(salt)) if rows else None
        return None if row is None else Tried(row[0], bool(row[1]))

    def note(self, tried: Tried) -> None:
        """Write down a login. Where the disk takes nothing, it is known until the agent ends."""
        with _LOCK:
            salt, rows = self._read()
            salt = salt or os.urandom(_SALT_BYTES).hex()
            mine = self._digest(salt)
            rows.pop(mine, None)
            rows[mine] = [tried.at_ms, tried.refused]
            self._write(salt, dict(list(rows.items())[-ROWS_MAX:]))

    def forget(self) -> None:
        """Forget what was noted: the panel took them, or the password is not what it minds."""
        with _LOCK:
            salt, rows = self._read()
            if rows and rows.pop(self._digest(salt), None) is not None:
                self._write(salt, rows)

    def _digest(self, salt: str) -> str:
        if salt not in self._digests:
            from hashlib import pbkdf2_hmac

            self._digests = {salt: pbkdf2_hmac("sha256", self._who, salt.encode(), ROUNDS).hex()}
        return self._digests[salt]

    def _read(self) -> tuple[str, dict[str, list[Any]]]:
        """Return salt and rows; a file that cannot be used is as good as none."""
        if not self._path:
            return "", {}
        try:
            with open(self._path, encoding="ascii") as file:
                kept = json.load(file)
            return str(kept["salt"]), {str(mark): [int(at_ms), bool(no)] for mark, (at_ms, no) in kept["rows"].items()}
        except (OSError, ValueError, AttributeError, TypeError, KeyError, RecursionError):
            return "", {}

    def _write(self, salt: str, rows: dict[str, list[Any]]) -> None:
        if not self._path:
            return
        try:
            durable.write(self._path, json.dumps({"salt": salt, "rows": rows}).encode("ascii"))
        except OSError:
            return  # the disk is full: what is in memory still holds
