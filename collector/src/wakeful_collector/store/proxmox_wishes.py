"""The declared state of Proxmox clusters in state.db: the files, version by version, and what differs from them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wakeful_collector.store.cursors import named

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

VERSIONS_KEPT = 100

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "proxmox_wishes",
        """
        CREATE TABLE proxmox_wishes (
            version INTEGER PRIMARY KEY AUTOINCREMENT,
            kept_ms INTEGER NOT NULL,
            principal TEXT NOT NULL,
            note TEXT NOT NULL,
            documents INTEGER NOT NULL,
            files TEXT NOT NULL
        );
        CREATE TABLE proxmox_drift (
            cluster TEXT PRIMARY KEY,
            version INTEGER NOT NULL,
            looked_ms INTEGER NOT NULL,
            since_ms INTEGER,
            digest TEXT NOT NULL,
            steps TEXT NOT NULL,
            error TEXT NOT NULL DEFAULT ''
        ) WITHOUT ROWID;
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class WishesRow:
    """One version of the declared state; `files` are pairs of path and text, left out in lists."""

    version: int
    kept_ms: int
    principal: str
    note: str
    documents: int
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DriftRow:
    """What differed of a cluster when it was looked at last; `since_ms` is since when something did, None: nothing."""

    cluster: str
    version: int
    looked_ms: int
    since_ms: int | None
    digest: str
    steps: tuple[dict[str, Any], ...] = ()
    error: str = ""


def keep(
    connection: sqlite3.Connection,
    files: Sequence[tuple[str, str]],
    principal: str,
    note: str,
    documents: int,
    now_ms: int,
) -> int:
    """Keep files as the newest version and return its number; the oldest beyond the bound go."""
    packed = json.dumps([list(one) for one in files], ensure_ascii=False)
    made = connection.execute(
        "INSERT INTO proxmox_wishes (kept_ms, principal, note, documents, files) VALUES (?,?,?,?,?)",
        (now_ms, principal, note, documents, packed),
    )
    version = int(made.lastrowid or 0)
    connection.execute("DELETE FROM proxmox_wishes WHERE version <= ?", (version - VERSIONS_KEPT,))
    return version


def version(connection: sqlite3.Connection, number: int | None = None) -> WishesRow | None:
    """Return one version with its files, the newest when none is named."""
    where = "" if number is None else "WHERE version = ?"
    found = named(
        connection,
        f"SELECT * FROM proxmox_wishes {where} ORDER BY version DESC LIMIT 1",  # noqa: S608 - constants of this module
        () if number is None else (number,),
    ).fetchone()
    if found is None:
        return None
    files = tuple((str(path), str(text)) for path, text in json.loads(found["files"]))
    return WishesRow(found["version"], found["kept_ms"], found["principal"], found["note"], found["documents"], files)


def versions(connection: sqlite3.Connection, limit: int = VERSIONS_KEPT) -> list[WishesRow]:
    """Return the versions without their files, newest first."""
    rows = connection.execute(
        "SELECT version, kept_ms, principal, note, documents FROM proxmox_wishes ORDER BY version DESC LIMIT ?",
        (limit,),
    )
    return [WishesRow(*row) for row in rows]


def note_drift(connection: sqlite3.Connection, row: DriftRow) -> None:
    """Keep what differs of a cluster now."""
    connection.execute(
        "INSERT OR REPLACE INTO proxmox_drift (cluster, version, looked_ms, since_ms, digest, steps, error)"
        " VALUES (?,?,?,?,?,?,?)",
        (
            row.cluster,
            row.version,
            row.looked_ms,
            row.since_ms,
            row.digest,
            json.dumps(row.steps, ensure_ascii=False),
            row.error,
        ),
    )


def drift(connection: sqlite3.Connection, cluster: str) -> DriftRow | None:
    """Return what differed of a cluster when it was looked at last."""
    found = named(connection, "SELECT * FROM proxmox_drift WHERE cluster = ?", (cluster,)).fetchone()
    if found is None:
        return None
    plain = {name: found[name] for name in found.keys()}  # noqa: SIM118 - a row iterates over its values
    return DriftRow(**{**plain, "steps": tuple(json.loads(found["steps"]))})


def forget_drift(connection: sqlite3.Connection, cluster: str) -> None:
    """Forget what differed of a cluster that is not looked at any more."""
    connection.execute("DELETE FROM proxmox_drift WHERE cluster = ?", (cluster,))
