"""What changed in Proxmox clusters, with old and new value, who and when; and the tasks that were seen: in state.db."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

CHANGES_MAX = 200_000
TASKS_MAX = 50_000
"""How many of either are kept of one cluster; the oldest go first."""
CHANGES_DAYS = 400
TASKS_DAYS = 90

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "proxmox_changes",
        """
        CREATE TABLE proxmox_changes (
            seq INTEGER PRIMARY KEY,
            cluster TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            seen_ms INTEGER NOT NULL,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            name TEXT NOT NULL,
            node TEXT NOT NULL,
            mark TEXT NOT NULL,
            field TEXT NOT NULL,
            old TEXT,
            new TEXT,
            who TEXT NOT NULL,
            upid TEXT NOT NULL
        );
        CREATE INDEX proxmox_changes_cluster ON proxmox_changes (cluster, seq);
        CREATE INDEX proxmox_changes_id ON proxmox_changes (cluster, id, seq);
        CREATE INDEX proxmox_changes_seen ON proxmox_changes (cluster, seen_ms);
        CREATE TABLE proxmox_tasks (
            cluster TEXT NOT NULL,
            upid TEXT NOT NULL,
            node TEXT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            user TEXT NOT NULL,
            started_ms INTEGER NOT NULL,
            ended_ms INTEGER NOT NULL,
            status TEXT NOT NULL,
            PRIMARY KEY (cluster, upid)
        ) WITHOUT ROWID;
        CREATE INDEX proxmox_tasks_started ON proxmox_tasks (cluster, started_ms);
        CREATE INDEX proxmox_tasks_subject ON proxmox_tasks (cluster, subject, started_ms);
        CREATE INDEX proxmox_tasks_running ON proxmox_tasks (cluster, upid) WHERE ended_ms = 0;
        """,
    ),
)


class Change(NamedTuple):
    """One value that became another: of which thing, which field (empty: the thing itself came or went).

    `at_ms` is when, as the task tells that did it, else when it was seen; `who` and `upid` are empty where none tells.
    """

    seen_ms: int
    at_ms: int
    kind: str
    id: str
    name: str
    node: str
    mark: str
    field: str
    old: str | None
    new: str | None
    who: str = ""
    upid: str = ""


class TaskRow(NamedTuple):
    """A task as `model.estate.Task` says."""

    upid: str
    node: str
    kind: str
    subject: str
    user: str
    started_ms: int
    ended_ms: int
    status: str


_COLUMNS = ", ".join(Change._fields)
_TASK = ", ".join(TaskRow._fields)


def add(connection: sqlite3.Connection, cluster: str, changes: Iterable[Change]) -> None:
    """Write changes in their order."""
    marks = ",".join("?" * (len(Change._fields) + 1))
    connection.executemany(
        f"INSERT INTO proxmox_changes (cluster, {_COLUMNS}) VALUES ({marks})",  # noqa: S608 - column names
        [(cluster, *one) for one in changes],
    )


def page(
    connection: sqlite3.Connection,
    cluster: str | None,
    kind: str | None,
    subject: str | None,
    before: int | None,
    span: tuple[int, int],
    limit: int,
) -> list[tuple[int, str, Change]]:
    """Return the newest changes with number and cluster, below number `before`, that were seen in `span`."""
    asked = {"cluster = ?": cluster, "kind = ?": kind, "id = ?": subject, "seq < ?": before}
    asked |= {"seen_ms > ?": span[0], "seen_ms <= ?": span[1]}
    where, values = _where(asked)
    rows = connection.execute(
        f"SELECT seq, cluster, {_COLUMNS} FROM proxmox_changes WHERE {where} ORDER BY seq DESC LIMIT ?",  # noqa: S608 - names of ours
        (*values, limit),
    )
    return [(row[0], row[1], Change(*row[2:])) for row in rows]


def between(connection: sqlite3.Connection, cluster: str, after_ms: int, upto_ms: int, limit: int) -> list[Change]:
    """Return what was seen to change after one moment and up to another, oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM proxmox_changes WHERE cluster = ? AND seen_ms > ? AND seen_ms <= ?"  # noqa: S608 - column names
        " ORDER BY seq LIMIT ?",
        (cluster, after_ms, upto_ms, limit),
    )
    return [Change(*row) for row in rows]


def reaches_ms(connection: sqlite3.Connection, cluster: str, most: int = CHANGES_MAX) -> int:
    """Return since when the history is whole, as far as its bound by number is concerned: 0 when it was not reached."""
    count, oldest_ms = connection.execute(
        "SELECT count(*), min(seen_ms) FROM proxmox_changes WHERE cluster = ?", (cluster,)
    ).fetchone()
    return oldest_ms if count >= most else 0


def keep_tasks(connection: sqlite3.Connection, cluster: str, tasks: Iterable[TaskRow]) -> None:
    """Write tasks as they were seen; one that ended stays ended."""
    marks = ",".join("?" * (len(TaskRow._fields) + 1))
    connection.executemany(
        f"INSERT INTO proxmox_tasks (cluster, {_TASK}) VALUES ({marks})"  # noqa: S608 - column names
        " ON CONFLICT (cluster, upid) DO UPDATE SET ended_ms = excluded.ended_ms, status = excluded.status"
        " WHERE ended_ms = 0 AND excluded.ended_ms > 0",
        [(cluster, *one) for one in tasks],
    )


def tasks(
    connection: sqlite3.Connection,
    cluster: str | None,
    node: str | None = None,
    subject: str | None = None,
    before_ms: int | None = None,
    limit: int = 100,
) -> list[tuple[str, TaskRow]]:
    """Return tasks with their clusters: those that run, then the newest."""
    asked = {"cluster = ?": cluster, "node = ?": node, "subject = ?": subject, "started_ms < ?": before_ms}
    where, values = _where(asked)
    rows = connection.execute(
        f"SELECT cluster, {_TASK} FROM proxmox_tasks WHERE {where}"  # noqa: S608 - names of ours
        " ORDER BY ended_ms = 0 DESC, started_ms DESC, upid LIMIT ?",
        (*values, limit),
    )
    return [(row[0], TaskRow(*row[1:])) for row in rows]


def task(connection: sqlite3.Connection, cluster: str, upid: str) -> TaskRow | None:
    """Return one task."""
    found = connection.execute(
        f"SELECT {_TASK} FROM proxmox_tasks WHERE cluster = ? AND upid = ?",  # noqa: S608 - column names
        (cluster, upid),
    ).fetchone()
    return None if found is None else TaskRow(*found)


def running(connection: sqlite3.Connection, cluster: str) -> list[TaskRow]:
    """Return the tasks that had not ended when they were seen last."""
    rows = connection.execute(
        f"SELECT {_TASK} FROM proxmox_tasks WHERE cluster = ? AND ended_ms = 0 ORDER BY upid",  # noqa: S608 - column names
        (cluster,),
    )
    return [TaskRow(*row) for row in rows]


def forget(connection: sqlite3.Connection, cluster: str) -> None:
    """Delete the history of a cluster."""
    connection.execute("DELETE FROM proxmox_changes WHERE cluster = ?", (cluster,))
    connection.execute("DELETE FROM proxmox_tasks WHERE cluster = ?", (cluster,))


def prune(
    connection: sqlite3.Connection, now_ms: int, changes_max: int = CHANGES_MAX, tasks_max: int = TASKS_MAX
) -> int:
    """Delete what is too old, and the oldest beyond the bounds of each cluster; return how many rows."""
    day_ms = 86_400_000
    count = connection.execute(
        "DELETE FROM proxmox_changes WHERE seen_ms < ?", (now_ms - CHANGES_DAYS * day_ms,)
    ).rowcount
    count += connection.execute(
        "DELETE FROM proxmox_tasks WHERE started_ms < ?", (now_ms - TASKS_DAYS * day_ms,)
    ).rowcount
    names = [row[0] for row in connection.execute("SELECT DISTINCT cluster FROM proxmox_changes")]
    for cluster in names:
        count += connection.execute(
            "DELETE FROM proxmox_changes WHERE cluster = ?1 AND seq <= (SELECT seq FROM proxmox_changes"
            " WHERE cluster = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
            (cluster, changes_max),
        ).rowcount
    names = [row[0] for row in connection.execute("SELECT DISTINCT cluster FROM proxmox_tasks")]
    for cluster in names:
        count += connection.execute(
            "DELETE FROM proxmox_tasks WHERE cluster = ?1 AND upid IN (SELECT upid FROM proxmox_tasks"
            " WHERE cluster = ?1 ORDER BY started_ms DESC, upid LIMIT -1 OFFSET ?2)",
            (cluster, tasks_max),
        ).rowcount
    return count


def _where(asked: dict[str, Any]) -> tuple[str, list[Any]]:
    """Return the conditions that are asked for, and their values."""
    given = {condition: value for condition, value in asked.items() if value is not None}
    return " AND ".join(given) or "1", list(given.values())
