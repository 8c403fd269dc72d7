"""Plans that are carried out, in state.db: which were approved by whom, and where each step stands."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from wakeful_collector.store.cursors import named
from wakeful_collector.store.packing import packed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

ASKED, RUNNING = "asked", "running"
OK, FAILED, REFUSED, LOST = "ok", "failed", "refused", "lost"
STATES = (ASKED, RUNNING, OK, FAILED, REFUSED, LOST)
WAITING, SKIPPED = "waiting", "skipped"
KEPT_MAX = 1_000

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "proxmox_applies",
        """
        CREATE TABLE proxmox_applies (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            principal TEXT NOT NULL,
            request_key TEXT,
            asked_ms INTEGER NOT NULL,
            digest TEXT NOT NULL,
            cluster TEXT NOT NULL,
            allowed TEXT NOT NULL,
            files TEXT NOT NULL,
            marks TEXT NOT NULL,
            state TEXT NOT NULL DEFAULT 'asked',
            revision INTEGER NOT NULL DEFAULT 0,
            begun_ms INTEGER,
            finished_ms INTEGER,
            summary TEXT NOT NULL DEFAULT '',
            stopped_by TEXT NOT NULL DEFAULT '',
            UNIQUE (principal, request_key)
        );
        CREATE INDEX proxmox_applies_open ON proxmox_applies (seq) WHERE state IN ('asked', 'running');
        CREATE TABLE proxmox_apply_steps (
            apply TEXT NOT NULL REFERENCES proxmox_applies (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            document TEXT NOT NULL,
            state TEXT NOT NULL DEFAULT 'waiting',
            begun_ms INTEGER,
            finished_ms INTEGER,
            sending INTEGER,
            sent INTEGER NOT NULL DEFAULT 0,
            sent_ms INTEGER,
            upid TEXT NOT NULL DEFAULT '',
            progress REAL,
            detail TEXT NOT NULL DEFAULT '',
            log_tail TEXT NOT NULL DEFAULT '[]',
            PRIMARY KEY (apply, number)
        ) WITHOUT ROWID;
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of a plan as it stands; `document` is what was approved.

    Of its requests, `sent` were answered; `sending` is the number of one that left and was not. Texts of Proxmox
    (`detail`, `log_tail`) are hostile.
    """

    apply: str
    number: int
    document: dict[str, Any]
    state: str = WAITING
    begun_ms: int | None = None
    finished_ms: int | None = None
    sending: int | None = None
    sent: int = 0
    sent_ms: int | None = None
    upid: str = ""
    progress: float | None = None
    detail: str = ""
    log_tail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplyRow:
    """One plan that was approved; `cluster` is the one of documents that name none, empty where that was not said.

    `allowed` are the effects that were permitted by name, `marks` tells by cluster and number which guests were meant.
    """

    id: str
    principal: str
    asked_ms: int
    digest: str
    cluster: str
    allowed: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    marks: dict[str, str]
    request_key: str | None = None
    state: str = ASKED
    revision: int = 0
    begun_ms: int | None = None
    finished_ms: int | None = None
    summary: str = ""
    stopped_by: str = ""
    seq: int = 0

    @property
    def is_open(self) -> bool:
        """Tell whether it has not come to its end."""
        return self.state in {ASKED, RUNNING}


_STEP_CHANGING = {one.name for one in fields(StepRow)} - {"apply", "number", "document"}
_CHANGING = {"state", "begun_ms", "finished_ms", "summary", "stopped_by", "allowed"}


def add(connection: sqlite3.Connection, row: ApplyRow, documents: Sequence[dict[str, Any]]) -> None:
    """Keep a new apply with its steps; its id and its principal's request key must be new."""
    connection.execute(
        "INSERT INTO proxmox_applies (id, principal, request_key, asked_ms, digest, cluster, allowed, files, marks)"
        " VALUES (?,?,?,?,?,?,?,?,?)",
        (
            row.id,
            row.principal,
            row.request_key,
            row.asked_ms,
            row.digest,
            row.cluster,
            packed(row.allowed),
            packed([list(one) for one in row.files]),
            packed(row.marks),
        ),
    )
    connection.executemany(
        "INSERT INTO proxmox_apply_steps (apply, number, document) VALUES (?,?,?)",
        [(row.id, one["number"], packed(one)) for one in documents],
    )
    connection.execute(
        "DELETE FROM proxmox_applies WHERE state NOT IN ('asked', 'running') AND seq <="
        " (SELECT seq FROM proxmox_applies ORDER BY seq DESC LIMIT 1 OFFSET ?)",
        (KEPT_MAX,),
    )


def one(connection: sqlite3.Connection, apply_id: str) -> ApplyRow | None:
    """Return the apply of that id."""
    return next(iter(_rows(connection, "id = ?", (apply_id,))), None)


def by_request_key(connection: sqlite3.Connection, principal: str, request_key: str) -> ApplyRow | None:
    """Return the apply that this principal asked for under this key."""
    return next(iter(_rows(connection, "principal = ? AND request_key = ?", (principal, request_key))), None)


def open_ones(connection: sqlite3.Connection) -> list[ApplyRow]:
    """Return the applies that have not come to their end, oldest first."""
    return _rows(connection, "state IN ('asked', 'running') ORDER BY seq", ())


def newest(connection: sqlite3.Connection, limit: int) -> list[ApplyRow]:
    """Return the newest applies."""
    return _rows(connection, "1 ORDER BY seq DESC LIMIT ?", (limit,))


def steps(connection: sqlite3.Connection, apply_id: str) -> list[StepRow]:
    """Return the steps of an apply in their order."""
    found = named(connection, "SELECT * FROM proxmox_apply_steps WHERE apply = ? ORDER BY number", (apply_id,))
    return [_step(row) for row in found]


def change(connection: sqlite3.Connection, apply_id: str, stands: tuple[str, ...], /, **columns: Any) -> bool:
    """Change columns of an apply whose state is one of `stands`; False when it is not any more."""
    _refuse_unknown(columns, _CHANGING)
    given = {name: packed(value) if name == "allowed" else value for name, value in columns.items()}
    marks = ",".join("?" * len(stands))
    changed = connection.execute(
        f"UPDATE proxmox_applies SET {_set(given)}revision = revision + 1 WHERE id = ? AND state IN ({marks})",  # noqa: S608 - names of this module
        (*given.values(), apply_id, *stands),
    )
    return changed.rowcount == 1


def change_step(connection: sqlite3.Connection, apply_id: str, number: int, /, **columns: Any) -> None:
    """Change columns of a step."""
    _refuse_unknown(columns, _STEP_CHANGING)
    given = {name: packed(value) if name == "log_tail" else value for name, value in columns.items()}
    names = _set(given).removesuffix(", ")
    connection.execute(
        f"UPDATE proxmox_apply_steps SET {names} WHERE apply = ? AND number = ?",  # noqa: S608 - names of this module
        (*given.values(), apply_id, number),
    )
    connection.execute("UPDATE proxmox_applies SET revision = revision + 1 WHERE id = ?", (apply_id,))


def upids(connection: sqlite3.Connection, most: int) -> list[str]:
    """Return the tasks of the newest steps."""
    found = connection.execute(
        "SELECT upid FROM proxmox_apply_steps WHERE upid <> '' ORDER BY sent_ms DESC LIMIT ?", (most,)
    )
    return [row[0] for row in found]


def _rows(connection: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> list[ApplyRow]:
    statement = f"SELECT * FROM proxmox_applies WHERE {where}"  # noqa: S608 - constants of this module
    return [_row(found) for found in named(connection, statement, values)]


def _row(found: sqlite3.Row) -> ApplyRow:
    plain = {name: found[name] for name in found.keys()}  # noqa: SIM118 - a row iterates over its values
    plain["allowed"] = tuple(json.loads(found["allowed"]))
    plain["files"] = tuple((path, text) for path, text in json.loads(found["files"]))
    plain["marks"] = json.loads(found["marks"])
    return ApplyRow(**plain)


def _step(found: sqlite3.Row) -> StepRow:
    plain = {name: found[name] for name in found.keys()}  # noqa: SIM118 - a row iterates over its values
    plain["document"] = json.loads(found["document"])
    plain["log_tail"] = tuple(json.loads(found["log_tail"]))
    return StepRow(**plain)


def _set(columns: dict[str, Any]) -> str:
    return "".join(f"{name} = ?, " for name in columns)


def _refuse_unknown(columns: dict[str, Any], known: set[str]) -> None:
    unknown = set(columns) - known
    if unknown:
        raise ValueError(f"no columns that change: {unknown}")
