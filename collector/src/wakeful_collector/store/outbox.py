"""The outbox in state.db: messages as they were decided, and their deliveries, one a channel.

A delivery is claimed by a conditional UPDATE whose row count says who got it. A claim has an end, so that one whose
owner was killed is taken up again: every message arrives at least once, and says by its id when it comes twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.delivery import ATTEMPTS_KEPT, CLAIMED, DEAD, SUPERSEDED, WAITING
from wakeful_collector.store.cursors import named

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from wakeful_collector.model.delivery import Attempt, Next

WAITING_MAX = 500
"""How many deliveries of one channel may wait; the oldest is given up for a new one."""
KEPT_MAX = 20_000

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "outbox",
        """
        CREATE TABLE messages (
            id TEXT PRIMARY KEY,
            incident TEXT NOT NULL,
            moment TEXT NOT NULL,
            made_ms INTEGER NOT NULL,
            document TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE deliveries (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            message TEXT NOT NULL,
            incident TEXT NOT NULL,
            moment TEXT NOT NULL,
            channel TEXT NOT NULL,
            channel_name TEXT NOT NULL,
            state TEXT NOT NULL,
            made_ms INTEGER NOT NULL,
            due_ms INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            tries INTEGER NOT NULL DEFAULT 0,
            claim TEXT NOT NULL DEFAULT '',
            claimed_until_ms INTEGER NOT NULL DEFAULT 0,
            ended_ms INTEGER,
            error TEXT NOT NULL DEFAULT '',
            log TEXT NOT NULL DEFAULT '[]'
        );
        CREATE INDEX deliveries_due ON deliveries (due_ms, seq) WHERE state IN ('waiting', 'claimed');
        CREATE INDEX deliveries_waiting ON deliveries (channel, seq) WHERE state IN ('waiting', 'claimed');
        CREATE INDEX deliveries_incident ON deliveries (incident, channel, seq);
        CREATE INDEX deliveries_state ON deliveries (state, seq);
        """,
    ),
)

# No wait is longer than quiet hours, no claim than an attempt: what lies further ahead was noted before the clock was
# set back, and would be stuck for as long as that was.
_TIMELY = """
 state IN ('waiting', 'claimed') AND (due_ms <= :now OR due_ms > :now + 90000000)
 AND (claimed_until_ms <= :now OR claimed_until_ms > :now + 3600000)
"""
# In the order of their making for one incident and channel: its end is never told before its beginning.
_DUE = f"""
SELECT * FROM deliveries AS mine WHERE {_TIMELY}
 AND NOT EXISTS (SELECT 1 FROM deliveries AS other WHERE other.incident = mine.incident
  AND other.channel = mine.channel AND other.seq < mine.seq AND other.state IN ('waiting', 'claimed'))
 ORDER BY due_ms, seq LIMIT :limit
"""  # noqa: S608 - constants of this module
_ALIKE = _DUE.replace("ORDER BY", "AND channel = :channel AND moment = :moment AND id <> :id\n ORDER BY")
_CLAIM = f"""
UPDATE deliveries SET state = 'claimed', claim = :claim, claimed_until_ms = :until, attempts = attempts + 1,
 tries = tries + 1
 WHERE id = :id AND {_TIMELY}
"""  # noqa: S608 - constants of this module
_PAGE = """
SELECT * FROM deliveries WHERE seq < :before AND (:state IS NULL OR state = :state)
 AND (:channel IS NULL OR channel = :channel) AND (:incident IS NULL OR incident = :incident)
 ORDER BY seq DESC LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one channel; `log` holds the last attempts, newest last."""

    seq: int
    id: str
    message: str
    incident: str
    moment: str
    channel: str
    channel_name: str
    state: str
    made_ms: int
    due_ms: int
    attempts: int
    tries: int
    ended_ms: int | None
    error: str
    log: tuple[dict[str, Any], ...]


def add(
    connection: sqlite3.Connection, message_id: str, incident: str, moment: str, document: dict[str, Any], now_ms: int
) -> None:
    """Keep a message; one that is there already stays as it is."""
    connection.execute(
        "INSERT OR IGNORE INTO messages (id, incident, moment, made_ms, document) VALUES (?,?,?,?,?)",
        (message_id, incident, moment, now_ms, json.dumps(document, ensure_ascii=False)),
    )


def address(
    connection: sqlite3.Connection, message_id: str, channel: str, channel_name: str, now_ms: int, due_ms: int
) -> str | None:
    """Let a message be delivered to a channel and return the delivery's id; None when that was said before.

    The channel's oldest delivery that waits is given up when too many do.
    """
    delivery_id = f"{message_id}.{channel}"
    made = connection.execute(
        "INSERT OR IGNORE INTO deliveries"
        " (id, message, incident, moment, channel, channel_name, state, made_ms, due_ms)"
        " SELECT ?, id, incident, moment, ?, ?, 'waiting', ?, ? FROM messages WHERE id = ?",
        (delivery_id, channel, channel_name, now_ms, due_ms, message_id),
    ).rowcount
    if not made:
        return None
    connection.execute(
        "UPDATE deliveries SET state = ?, ended_ms = ?, error = ? WHERE seq IN (SELECT seq FROM deliveries"
        " WHERE channel = ? AND state = 'waiting' ORDER BY seq DESC LIMIT -1 OFFSET ?)",
        (DEAD, now_ms, f"more than {WAITING_MAX} messages wait for this channel", channel, WAITING_MAX),
    )
    return delivery_id


def supersede(connection: sqlite3.Connection, incident: str, moment: str, channels: Sequence[str], now_ms: int) -> int:
    """Take back what still waits of an incident's moment for these channels; return how many deliveries that were."""
    return connection.execute(
        "UPDATE deliveries SET state = ?, ended_ms = ? WHERE incident = ? AND moment = ? AND state = ?"
        " AND channel IN (SELECT value FROM json_each(?))",
        (SUPERSEDED, now_ms, incident, moment, WAITING, json.dumps(list(channels))),
    ).rowcount


def due(connection: sqlite3.Connection, now_ms: int, limit: int) -> list[Delivery]:
    """Return deliveries whose time has come and that nobody is at, the oldest first."""
    return [_delivery(row) for row in named(connection, _DUE, {"now": now_ms, "limit": limit})]


def alike(connection: sqlite3.Connection, delivery: Delivery, now_ms: int, limit: int) -> list[Delivery]:
    """Return other deliveries that are due, of the same channel and moment, the oldest first."""
    given = {"now": now_ms, "limit": limit, "channel": delivery.channel, "moment": delivery.moment, "id": delivery.id}
    return [_delivery(row) for row in named(connection, _ALIKE, given)]


def claim(connection: sqlite3.Connection, delivery_id: str, token: str, now_ms: int, until_ms: int) -> bool:
    """Take a delivery on under `token` until `until_ms`; False when somebody else was faster."""
    given = {"id": delivery_id, "claim": token, "now": now_ms, "until": until_ms}
    return connection.execute(_CLAIM, given).rowcount == 1


def settle(
    connection: sqlite3.Connection, delivery: Delivery, token: str, attempt: Attempt, following: Next, now_ms: int
) -> bool:
    """Note how an attempt ended, and what follows; False when the claim had run out and somebody else took over."""
    entry = {"at_ms": now_ms, "outcome": attempt.outcome, "seconds": round(attempt.seconds, 3), "error": attempt.error}
    log = [*delivery.log, entry][-ATTEMPTS_KEPT:]
    ended_ms = None if following.state == WAITING else now_ms
    changed = connection.execute(
        "UPDATE deliveries SET state = ?, due_ms = ?, claim = '', claimed_until_ms = 0, ended_ms = ?, error = ?,"
        " log = ? WHERE id = ? AND state = ? AND claim = ?",
        (
            following.state,
            following.due_ms,
            ended_ms,
            attempt.error,
            json.dumps(log, ensure_ascii=False),
            delivery.id,
            CLAIMED,
            token,
        ),
    )
    return changed.rowcount == 1


def retry(connection: sqlite3.Connection, delivery_id: str, now_ms: int) -> bool:
    """Begin anew with a delivery that was given up, or make one that waits due now; False for any other."""
    return (
        connection.execute(
            "UPDATE deliveries SET state = ?, due_ms = ?, made_ms = ?, attempts = 0, ended_ms = NULL, error = ''"
            " WHERE id = ? AND state IN (?, ?)",
            (WAITING, now_ms, now_ms, delivery_id, DEAD, WAITING),
        ).rowcount
        == 1
    )


def drop_channel(connection: sqlite3.Connection, channel: str, now_ms: int) -> int:
    """Give up what waits for a channel that was removed; return how many deliveries that were."""
    return connection.execute(
        "UPDATE deliveries SET state = ?, ended_ms = ?, error = ? WHERE channel = ? AND state = ?",
        (DEAD, now_ms, "the channel was removed", channel, WAITING),
    ).rowcount


def document(connection: sqlite3.Connection, message_id: str) -> dict[str, Any] | None:
    """Return what a message says."""
    row = connection.execute("SELECT document FROM messages WHERE id = ?", (message_id,)).fetchone()
    found: dict[str, Any] | None = None if row is None else json.loads(row[0])
    return found


def by_id(connection: sqlite3.Connection, delivery_id: str) -> Delivery | None:
    """Return a delivery by its id."""
    row = named(connection, "SELECT * FROM deliveries WHERE id = ?", (delivery_id,)).fetchone()
    return None if row is None else _delivery(row)


def page(
    connection: sqlite3.Connection,
    state: str | None,
    channel: str | None,
    incident: str | None,
    before: int | None,
    limit: int,
) -> list[Delivery]:
    """Return the newest deliveries (in a state, of a channel, of an incident)."""
    place = 2**62 if before is None else before
    given = {"state": state, "channel": channel, "incident": incident, "before": place, "limit": limit}
    return [_delivery(row) for row in named(connection, _PAGE, given)]


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how many deliveries there are in each state."""
    return dict(connection.execute("SELECT state, count(*) FROM deliveries GROUP BY state"))


def prune(connection: sqlite3.Connection, before_ms: int) -> int:
    """Delete deliveries that ended before `before_ms` or are the oldest past the bound, and messages without any."""
    gone = connection.execute(
        "DELETE FROM deliveries WHERE state NOT IN ('waiting', 'claimed') AND (ended_ms < ? OR seq IN"
        " (SELECT seq FROM deliveries ORDER BY seq DESC LIMIT -1 OFFSET ?))",
        (before_ms, KEPT_MAX),
    ).rowcount
    statement = "DELETE FROM messages WHERE made_ms < ? AND id NOT IN (SELECT message FROM deliveries)"
    return gone + connection.execute(statement, (before_ms,)).rowcount


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        seq=row["seq"],
        id=row["id"],
        message=row["message"],
        incident=row["incident"],
        moment=row["moment"],
        channel=row["channel"],
        channel_name=row["channel_name"],
        state=row["state"],
        made_ms=row["made_ms"],
        due_ms=row["due_ms"],
        attempts=row["attempts"],
        tries=row["tries"],
        ended_ms=row["ended_ms"],
        error=row["error"],
        log=tuple(json.loads(row["log"])),
    )
