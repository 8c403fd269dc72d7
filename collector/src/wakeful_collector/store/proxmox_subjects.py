"""Nodes and guests of Proxmox clusters as subjects of samples, in state.db; and the gaps that are to be filled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

SUBJECTS_MAX = 20_000
DROPPED_MS = 172_800_000
"""How long a dropped subject is remembered: until the upkeep of samples surely saw it."""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "proxmox_subjects",
        """
        CREATE TABLE proxmox_subjects (
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            cluster TEXT NOT NULL,
            id TEXT NOT NULL,
            mark TEXT NOT NULL,
            first_ms INTEGER NOT NULL,
            seen_ms INTEGER NOT NULL,
            dropped_ms INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX proxmox_subjects_here ON proxmox_subjects (cluster, id, key) WHERE dropped_ms = 0;
        INSERT INTO sqlite_sequence (name, seq) VALUES ('proxmox_subjects', 1099511627775);
        CREATE TABLE proxmox_gaps (
            key INTEGER NOT NULL,
            from_ms INTEGER NOT NULL,
            to_ms INTEGER NOT NULL,
            PRIMARY KEY (key, to_ms)
        ) WITHOUT ROWID;
        """,
    ),
)


class Subject(NamedTuple):
    """A node or guest whose samples are kept under `key`; it is another one when its creation `mark` is another."""

    key: int
    id: str
    mark: str
    seen_ms: int


class Gap(NamedTuple):
    """A time of which a subject has no samples, although the cluster may remember it; `from_ms` 0: since ever."""

    key: int
    cluster: str
    id: str
    from_ms: int
    to_ms: int


def here(connection: sqlite3.Connection, cluster: str) -> dict[str, Subject]:
    """Return the newest subject of each node and guest of a cluster, by its id (`qemu/100`, `node/pve1`)."""
    rows = connection.execute(
        "SELECT key, id, mark, seen_ms FROM proxmox_subjects WHERE cluster = ? AND dropped_ms = 0 ORDER BY key",
        (cluster,),
    )
    return {row[1]: Subject(*row) for row in rows}


def key_of(connection: sqlite3.Connection, cluster: str, subject: str) -> int | None:
    """Return the key of a node or guest by its id; None when nothing was measured of it."""
    found = connection.execute(
        "SELECT max(key) FROM proxmox_subjects WHERE cluster = ? AND id = ? AND dropped_ms = 0", (cluster, subject)
    ).fetchone()
    return None if found[0] is None else int(found[0])


def count(connection: sqlite3.Connection) -> int:
    """Return how many subjects there are."""
    return int(connection.execute("SELECT count(*) FROM proxmox_subjects WHERE dropped_ms = 0").fetchone()[0])


def add(connection: sqlite3.Connection, cluster: str, subject: str, mark: str, now_ms: int) -> int:
    """Add a subject and return its key."""
    return int(
        connection.execute(
            "INSERT INTO proxmox_subjects (cluster, id, mark, first_ms, seen_ms) VALUES (?,?,?,?,?) RETURNING key",
            (cluster, subject, mark, now_ms, now_ms),
        ).fetchone()[0]
    )


def recognise(connection: sqlite3.Connection, key: int, mark: str) -> None:
    """Give a subject the mark that was not known when it was added."""
    connection.execute("UPDATE proxmox_subjects SET mark = ? WHERE key = ?", (mark, key))


def see(connection: sqlite3.Connection, keys: Iterable[int], now_ms: int) -> None:
    """Note that subjects were measured just now."""
    connection.executemany("UPDATE proxmox_subjects SET seen_ms = ? WHERE key = ?", [(now_ms, key) for key in keys])


def forget(connection: sqlite3.Connection, cluster: str, now_ms: int) -> None:
    """Drop every subject of a cluster; its samples go with the next upkeep."""
    connection.execute(
        "DELETE FROM proxmox_gaps WHERE key IN (SELECT key FROM proxmox_subjects WHERE cluster = ?)", (cluster,)
    )
    connection.execute(
        "UPDATE proxmox_subjects SET dropped_ms = ? WHERE cluster = ? AND dropped_ms = 0", (now_ms, cluster)
    )


def prune(connection: sqlite3.Connection, seen_before_ms: int, now_ms: int) -> int:
    """Drop subjects that were not measured for so long that nothing of them is left; return how many."""
    connection.execute("DELETE FROM proxmox_subjects WHERE dropped_ms > 0 AND dropped_ms < ?", (now_ms - DROPPED_MS,))
    connection.execute(
        "DELETE FROM proxmox_gaps WHERE key NOT IN (SELECT key FROM proxmox_subjects WHERE dropped_ms = 0)"
    )
    return connection.execute(
        "UPDATE proxmox_subjects SET dropped_ms = ? WHERE dropped_ms = 0 AND seen_ms < ?", (now_ms, seen_before_ms)
    ).rowcount


def dropped_keys(connection: sqlite3.Connection) -> list[int]:
    """Return the keys of subjects that were dropped, so that their samples can go."""
    return [row[0] for row in connection.execute("SELECT key FROM proxmox_subjects WHERE dropped_ms > 0")]


def add_gaps(connection: sqlite3.Connection, gaps: Iterable[tuple[int, int, int]]) -> None:
    """Note gaps as (key, from, to) in ms, to be filled when there is time."""
    connection.executemany(
        "INSERT INTO proxmox_gaps (key, from_ms, to_ms) VALUES (?,?,?)"
        " ON CONFLICT DO UPDATE SET from_ms = min(from_ms, excluded.from_ms)",
        list(gaps),
    )


def gaps(connection: sqlite3.Connection, cluster: str, most: int) -> list[Gap]:
    """Return gaps of a cluster: short ones, which somebody may be looking at, before the past of what is new."""
    rows = connection.execute(
        "SELECT g.key, s.cluster, s.id, g.from_ms, g.to_ms FROM proxmox_gaps AS g"
        " JOIN proxmox_subjects AS s ON s.key = g.key WHERE s.cluster = ? AND s.dropped_ms = 0"
        " ORDER BY g.from_ms DESC, g.key LIMIT ?",
        (cluster, most),
    )
    return [Gap(*row) for row in rows]


def close_gap(connection: sqlite3.Connection, gap: Gap) -> None:
    """Forget a gap, which was filled or cannot be."""
    connection.execute("DELETE FROM proxmox_gaps WHERE key = ? AND to_ms = ?", (gap.key, gap.to_ms))
