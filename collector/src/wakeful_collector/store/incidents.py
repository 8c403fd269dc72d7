"""Incidents in state.db: what is going on with each host, and what went on before."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.incident import CLOSED, Incident
from wakeful_collector.model.story import Line
from wakeful_collector.store.cursors import named

if TYPE_CHECKING:
    import sqlite3

PER_HOST_MAX = 1_000
"""How many closed incidents of one host are kept; older ones go first."""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "incidents",
        """
        CREATE TABLE incidents (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            host_key INTEGER NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            reference TEXT NOT NULL,
            state TEXT NOT NULL,
            opened_ms INTEGER NOT NULL,
            changed_ms INTEGER NOT NULL,
            heard_ms INTEGER NOT NULL,
            cause TEXT NOT NULL,
            ending TEXT NOT NULL,
            falls INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            urgent INTEGER NOT NULL,
            late INTEGER NOT NULL,
            calm_since_ms INTEGER,
            over_ms INTEGER,
            told_ms INTEGER,
            acknowledged_ms INTEGER,
            acknowledged_by TEXT NOT NULL,
            story TEXT NOT NULL,
            console TEXT NOT NULL
        );
        CREATE UNIQUE INDEX incidents_going_on ON incidents (host_key, kind, subject) WHERE state <> 'closed';
        CREATE INDEX incidents_reference ON incidents (host_key, reference) WHERE reference <> '';
        CREATE INDEX incidents_newest ON incidents (state, seq);
        CREATE INDEX incidents_host ON incidents (host_key, seq);
        """,
    ),
    (
        "absences",
        """
        CREATE TABLE absences (
            host_key INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            since_ms INTEGER NOT NULL,
            until_ms INTEGER,
            slept INTEGER NOT NULL DEFAULT 0,
            noted_by TEXT NOT NULL,
            reason TEXT NOT NULL
        );
        """,
    ),
)

_COLUMNS = tuple(field.name for field in fields(Incident))
_GOING_ON = "SELECT * FROM incidents WHERE host_key = ? AND kind = ? AND subject = ? AND state <> 'closed'"
_ALIKE = """
SELECT * FROM incidents WHERE host_key = ? AND kind = ? AND subject = ? AND reference = ? AND reference <> ''
 ORDER BY seq DESC LIMIT 1
"""
_PAGE = """
SELECT * FROM incidents WHERE (:host IS NULL OR host_key = :host) AND seq < :before
 AND (:state IS NULL OR (:state = 'closed' AND state = 'closed')
  OR (:state = 'open' AND state <> 'closed' AND acknowledged_ms IS NULL)
  OR (:state = 'acknowledged' AND state <> 'closed' AND acknowledged_ms IS NOT NULL))
 ORDER BY seq DESC LIMIT :limit
"""


def keep(connection: sqlite3.Connection, incident: Incident) -> None:
    """Write an incident as it is now."""
    values = {name: _plain(getattr(incident, name)) for name in _COLUMNS}
    connection.execute(
        f"INSERT INTO incidents ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"  # noqa: S608 - names of our own record
        f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}",
        values,
    )


def of_thing(connection: sqlite3.Connection, host_key: int, kind: str, subject: str, reference: str) -> list[Incident]:
    """Return what a new event may belong to: the incident of this thing that goes on, and the one named so."""
    thing = (host_key, kind, subject)
    rows = named(connection, _GOING_ON, thing).fetchall()
    rows += named(connection, _ALIKE, (*thing, reference)).fetchall()
    return list({row["id"]: incident(row) for row in rows}.values())


def going_on(connection: sqlite3.Connection) -> list[Incident]:
    """Return every incident that is not closed, oldest first."""
    return [
        incident(row) for row in named(connection, "SELECT * FROM incidents WHERE state <> ? ORDER BY seq", (CLOSED,))
    ]


def by_id(connection: sqlite3.Connection, incident_id: str) -> Incident | None:
    """Return an incident by its id."""
    row = named(connection, "SELECT * FROM incidents WHERE id = ?", (incident_id,)).fetchone()
    return None if row is None else incident(row)


def page(
    connection: sqlite3.Connection, state: str | None, host_key: int | None, before: int | None, limit: int
) -> list[tuple[int, Incident]]:
    """Return the newest incidents (open, acknowledged or closed ones, of one host), each with its place."""
    given = {"state": state, "host": host_key, "before": 2**62 if before is None else before, "limit": limit}
    return [(row["seq"], incident(row)) for row in named(connection, _PAGE, given)]


def count_going_on(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return how many incidents go on, and how many of them nobody has taken on."""
    row = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE acknowledged_ms IS NULL) FROM incidents WHERE state <> ?", (CLOSED,)
    ).fetchone()
    return row[0], row[1]


def crowd(connection: sqlite3.Connection, host_key: int, since_ms: int) -> tuple[int, int]:
    """Return how many incidents of a host go on, and for how many people were called since then."""
    row = connection.execute(
        "SELECT count(*) FILTER (WHERE state <> 'closed'), count(*) FILTER (WHERE told_ms > ?) FROM incidents"
        " WHERE host_key = ?",
        (since_ms, host_key),
    ).fetchone()
    return row[0], row[1]


def prune(connection: sqlite3.Connection, before_ms: int) -> int:
    """Delete closed incidents last heard of before `before_ms`, and each host's oldest past its bound."""
    return connection.execute(
        "DELETE FROM incidents WHERE state = 'closed' AND (heard_ms < ? OR seq IN (SELECT seq FROM (SELECT seq,"
        " row_number() OVER (PARTITION BY host_key ORDER BY seq DESC) AS rank FROM incidents WHERE state = 'closed')"
        " WHERE rank > ?))",
        (before_ms, PER_HOST_MAX),
    ).rowcount


def forget(connection: sqlite3.Connection, host_key: int) -> int:
    """Delete the incidents of a host, and why it may be silent; return how many rows went."""
    gone = connection.execute("DELETE FROM incidents WHERE host_key = ?", (host_key,)).rowcount
    return gone + connection.execute("DELETE FROM absences WHERE host_key = ?", (host_key,)).rowcount


def incident(row: sqlite3.Row) -> Incident:
    """Return the incident that a row holds."""
    values: dict[str, Any] = {name: row[name] for name in _COLUMNS}
    values["urgent"], values["late"] = bool(row["urgent"]), bool(row["late"])
    values["story"] = tuple(Line(*one) for one in json.loads(row["story"]))
    values["console"] = tuple(json.loads(row["console"]))
    return Incident(**values)


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else value
