"""What went through the gateway, in gateway.db: its requests for a while, and counters that never fall."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

KEPT_MS = 30 * 86_400_000
REQUESTS_MAX = 200_000
"""How long and how many requests are kept; older ones go first."""

MODELS_MAX = 100
OTHER = "other"
"""How many models of a machine are counted by name; whoever may ask can make names up, so the rest is one."""

FIRST_BYTE_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""The bounds of the histogram of the time to the first byte, in seconds; above the last is `+Inf`."""

OUTCOMES = (
    "ok",
    "refused",
    "cancelled",
    "broken",
    "unsent",
    "limited",
    "forbidden",
    "full",
    "not_awake",
    "seen",
)
"""How a request ended: answered, refused by the machine, left by its client, broken off, never reached the machine;
turned away by a limit, a forbidden model, a full queue, a machine that is not there; or told what was seen last."""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "gateway_history",
        """
        CREATE TABLE requests (
            seq INTEGER PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            machine TEXT NOT NULL,
            key TEXT NOT NULL,
            method TEXT NOT NULL,
            path TEXT NOT NULL,
            model TEXT NOT NULL,
            status INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            waited_ms INTEGER NOT NULL,
            first_byte_ms INTEGER,
            took_ms INTEGER NOT NULL,
            bytes_in INTEGER NOT NULL,
            bytes_out INTEGER NOT NULL,
            prompt_tokens INTEGER NOT NULL,
            completion_tokens INTEGER NOT NULL
        );
        CREATE TABLE totals (
            machine TEXT NOT NULL,
            name TEXT NOT NULL,
            labels TEXT NOT NULL,
            value REAL NOT NULL,
            PRIMARY KEY (machine, name, labels)
        ) WITHOUT ROWID;
        """,
    ),
)

_TEXT_MAX = 512


@dataclass(frozen=True, slots=True)
class Request:
    """One request that ended; times are milliseconds, `at_ms` is when it came.

    `waited_ms` went by before it was admitted, `first_byte_ms` from then until the machine's first byte (None when none
    came), `took_ms` in all. Method, path and model are hostile text.
    """

    at_ms: int
    machine: str
    key: str
    method: str
    path: str
    model: str
    status: int
    outcome: str
    waited_ms: int = 0
    first_byte_ms: int | None = None
    took_ms: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Total(NamedTuple):
    """One counter of one machine."""

    machine: str
    name: str
    labels: dict[str, str]
    value: float


_CAME_FOR_IT = json.dumps(
    [f'{{"outcome":"{outcome}"}}' for outcome in ("ok", "refused", "cancelled", "broken", "unsent")]
)
_COLUMNS = tuple(Request.__slots__)
_INSERT = f"INSERT INTO requests ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - constants of this module
_SELECT = f"SELECT seq, {', '.join(_COLUMNS)} FROM requests"  # noqa: S608 - constants of this module


def add(connection: sqlite3.Connection, request: Request) -> None:
    """Write a request that ended, and count it."""
    values = [getattr(request, name) for name in _COLUMNS]
    values = [one[:_TEXT_MAX] if isinstance(one, str) else one for one in values]
    connection.execute(_INSERT, values)
    counted = _counted(request, _model(connection, request))
    _count(connection, request.machine, counted)


def count(
    connection: sqlite3.Connection, machine: str, name: str, labels: Mapping[str, str] | None = None, value: float = 1.0
) -> None:
    """Let a counter grow by `value`."""
    _count(connection, machine, [(name, labels or {}, value)])


def page(
    connection: sqlite3.Connection, machine: str | None, key: str | None, before: int | None, limit: int
) -> list[tuple[int, Request]]:
    """Return the newest requests with their numbers, below the number `before`."""
    statement = (
        f"{_SELECT} WHERE seq < ?1 AND (?2 IS NULL OR machine = ?2) AND (?3 IS NULL OR key = ?3)"
        " ORDER BY seq DESC LIMIT ?4"
    )
    rows = connection.execute(statement, (2**62 if before is None else before, machine, key, limit))
    return [(row[0], Request(*row[1:])) for row in rows]


def totals(connection: sqlite3.Connection) -> list[Total]:
    """Return every counter."""
    rows = connection.execute("SELECT machine, name, labels, value FROM totals ORDER BY machine, name, labels")
    return [Total(machine, name, json.loads(labels), value) for machine, name, labels, value in rows]


def served(connection: sqlite3.Connection, machine: str) -> float:
    """Return how many requests came for a machine itself so far; who was turned away at the door is not one."""
    row = connection.execute(
        "SELECT coalesce(sum(value), 0) FROM totals WHERE machine = ? AND name = 'requests'"
        " AND labels IN (SELECT value FROM json_each(?))",
        (machine, _CAME_FOR_IT),
    ).fetchone()
    return float(row[0])


def prune(connection: sqlite3.Connection, now_ms: int) -> int:
    """Delete the requests that are too old or too many; return how many went."""
    newest = connection.execute("SELECT max(seq) FROM requests").fetchone()[0]
    if newest is None:
        return 0
    crowded = connection.execute("DELETE FROM requests WHERE seq <= ?", (newest - REQUESTS_MAX,)).rowcount
    aged = connection.execute("DELETE FROM requests WHERE at_ms < ?", (now_ms - KEPT_MS,)).rowcount
    return crowded + aged


def forget(connection: sqlite3.Connection, machine: str) -> None:
    """Delete the counters of a machine: a removed one is not to be seen in metrics for ever."""
    connection.execute("DELETE FROM totals WHERE machine = ?", (machine,))


def bucket(seconds: float) -> str:
    """Return the bound of the bucket that a time belongs to."""
    return next((f"{bound:g}" for bound in FIRST_BYTE_BUCKETS if seconds <= bound), "+Inf")


def _counted(one: Request, model: str) -> list[tuple[str, Mapping[str, str], float]]:
    found: list[tuple[str, Mapping[str, str], float]] = [("requests", {"outcome": one.outcome}, 1)]
    if one.waited_ms:
        found += [("waits", {}, 1), ("waited_seconds", {}, one.waited_ms / 1000)]
    if one.first_byte_ms is not None:
        seconds = one.first_byte_ms / 1000
        found += [("first_byte", {"le": bucket(seconds)}, 1), ("first_byte_sum", {}, seconds)]
    plain = (("bytes_in", one.bytes_in), ("bytes_out", one.bytes_out))
    found += [(name, {}, value) for name, value in plain if value]
    tokens = (("prompt_tokens", one.prompt_tokens), ("completion_tokens", one.completion_tokens))
    found += [(name, {"model": model}, value) for name, value in tokens if value]
    return found


def _count(
    connection: sqlite3.Connection, machine: str, counted: Iterable[tuple[str, Mapping[str, str], float]]
) -> None:
    connection.executemany(
        "INSERT INTO totals (machine, name, labels, value) VALUES (?,?,?,?)"
        " ON CONFLICT (machine, name, labels) DO UPDATE SET value = value + excluded.value",
        [(machine, name, _labels(labels), value) for name, labels, value in counted],
    )


def _model(connection: sqlite3.Connection, one: Request) -> str:
    """Return the name a request's tokens are counted under."""
    if not one.prompt_tokens and not one.completion_tokens:
        return OTHER
    name = one.model[:128] or OTHER
    known = {
        row[0]
        for row in connection.execute(
            "SELECT labels FROM totals WHERE machine = ? AND name IN ('prompt_tokens', 'completion_tokens')",
            (one.machine,),
        )
    }
    return name if _labels({"model": name}) in known or len(known) < MODELS_MAX else OTHER


def _labels(labels: Mapping[str, str]) -> str:
    return json.dumps(dict(labels), sort_keys=True, separators=(",", ":")) if labels else "{}"
