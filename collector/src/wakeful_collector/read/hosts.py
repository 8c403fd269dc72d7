"""Which hosts there are and what each said of itself."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.host import Host, MeterOutcome
from wakeful_collector.store import agents, database, runs
from wakeful_collector.store import invites as invites_table

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class InviteSummary:
    """An invite without its secret; times are milliseconds since the epoch."""

    id: str
    created_ms: int
    expires_ms: int
    uses: int
    spent: int
    tags: tuple[str, ...]
    created_by: str
    revoked_ms: int | None


def hosts(data: Path) -> list[Host]:
    """Return all hosts that were not forgotten, in order of enrolment; `hello` is left empty, `host` has it."""
    with database.translated():
        rows = agents.rows(database.reader(data, "state"))
        heard = runs.last_heard(database.reader(data, "samples"))
    twins: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["twin_of"]:
            twins[row["twin_of"]].append(row["id"])
    return [_host(row, heard.get(row["key"]), tuple(twins.get(row["id"], ())), {}) for row in rows]


def host(data: Path, host_id: str) -> Host | None:
    """Return one host by its public id, with its hello."""
    with database.translated():
        connection = database.reader(data, "state")
        row = next(iter(agents.rows(connection, host_id)), None)
        return None if row is None else _one(data, connection, row, json.loads(row["hello"]))


def by_key(data: Path, host_key: int) -> Host | None:
    """Return one host by its key, None when it was forgotten; `hello` is left empty."""
    with database.translated():
        connection = database.reader(data, "state")
        row = agents.row(connection, host_key)
        return None if row is None else _one(data, connection, row, {})


def meters(data: Path, host_key: int) -> list[MeterOutcome]:
    """Return how each meter of a host ended last, by name."""
    with database.translated():
        rows = agents.meter_rows(database.reader(data, "state"), host_key)
    return [MeterOutcome(row["meter"], row["outcome"], row["error"], row["seconds"], row["at_ms"]) for row in rows]


def tuning(data: Path, host_key: int) -> dict[str, Any] | None:
    """Return what the agent of a host is asked to run with, None when it is left as it is."""
    with database.translated():
        found = agents.by_key(database.reader(data, "state"), host_key)
    return None if found is None else found.tuning


def unames(data: Path) -> dict[int, dict[str, Any]]:
    """Return what each host said of its kernel, by host key."""
    with database.translated():
        return {key: json.loads(text) for key, text in agents.unames(database.reader(data, "state"))}


def invites(data: Path) -> list[InviteSummary]:
    """Return all invites, newest first, without their secrets."""
    with database.translated():
        found = invites_table.invites(database.reader(data, "state"))
    return [
        InviteSummary(
            one.id, one.created_ms, one.expires_ms, one.uses, one.spent, one.tags, one.created_by, one.revoked_ms
        )
        for one in found
    ]


def _one(data: Path, connection: sqlite3.Connection, row: sqlite3.Row, hello: dict[str, Any]) -> Host:
    heard = runs.last_heard(database.reader(data, "samples"), row["key"])
    return _host(row, heard.get(row["key"]), agents.twins(connection, row["id"]), hello)


@lru_cache(maxsize=4096)
def _tags(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _host(row: sqlite3.Row, last_seen_ms: int | None, twins: tuple[str, ...], hello: dict[str, Any]) -> Host:
    return Host(
        key=row["key"],
        id=row["id"],
        name=row["given_name"] or row["reported_name"],
        tags=_tags(row["tags"]),
        enrolled_ms=row["enrolled_ms"],
        last_seen_ms=last_seen_ms,
        interval_seconds=row["interval_seconds"],
        version=row["version"],
        twin_of=row["twin_of"],
        hello=hello,
        reported_name=row["reported_name"],
        machine_id=row["machine_id"],
        live_until_ms=row["live_until_ms"],
        twins=twins,
    )
