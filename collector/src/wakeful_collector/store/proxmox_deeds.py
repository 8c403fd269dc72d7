"""What is done to guests of Proxmox in state.db: who asked for what, where it stands, and how it ended.

A deed is `asked` by an operation, taken up by the worker (`running`), and ends `ok`, `failed`, `refused` (it was never
begun) or `lost` (nobody knows how it ended). Before a request leaves, `sending` is its number; when Proxmox has
answered, `upid` names the task: whoever finds a running deed after a crash knows what may have happened.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from wakeful_collector.store import pruning
from wakeful_collector.store.cursors import named
from wakeful_collector.store.packing import packed

if TYPE_CHECKING:
    import sqlite3

ASKED, RUNNING, OK, FAILED, REFUSED, LOST = "asked", "running", "ok", "failed", "refused", "lost"
STATES = (ASKED, RUNNING, OK, FAILED, REFUSED, LOST)
OPEN = frozenset({ASKED, RUNNING})
KEPT_MAX = 20_000
"""How many deeds are kept; older ones go first."""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "proxmox_deeds",
        """
        CREATE TABLE proxmox_deeds (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            cluster TEXT NOT NULL,
            vmid INTEGER NOT NULL,
            guest_kind TEXT NOT NULL,
            node TEXT NOT NULL,
            name TEXT NOT NULL,
            mark TEXT NOT NULL,
            deed TEXT NOT NULL,
            arguments TEXT NOT NULL,
            sealed TEXT NOT NULL DEFAULT '',
            principal TEXT NOT NULL,
            request_key TEXT,
            asked_ms INTEGER NOT NULL,
            queued_ms INTEGER,
            begun_ms INTEGER,
            finished_ms INTEGER,
            state TEXT NOT NULL DEFAULT 'asked',
            revision INTEGER NOT NULL DEFAULT 0,
            step INTEGER NOT NULL DEFAULT 0,
            sending INTEGER,
            sent INTEGER NOT NULL DEFAULT 0,
            sent_ms INTEGER,
            upid TEXT NOT NULL DEFAULT '',
            requests TEXT NOT NULL DEFAULT '[]',
            progress REAL,
            note TEXT NOT NULL DEFAULT '',
            exitstatus TEXT NOT NULL DEFAULT '',
            summary TEXT NOT NULL DEFAULT '',
            log_tail TEXT NOT NULL DEFAULT '[]',
            stopped_by TEXT NOT NULL DEFAULT ''
        );
        CREATE UNIQUE INDEX proxmox_deeds_request_key ON proxmox_deeds (principal, request_key)
            WHERE request_key IS NOT NULL;
        CREATE INDEX proxmox_deeds_guest ON proxmox_deeds (cluster, vmid, seq);
        CREATE INDEX proxmox_deeds_ended ON proxmox_deeds (cluster, finished_ms) WHERE finished_ms IS NOT NULL;
        CREATE INDEX proxmox_deeds_open ON proxmox_deeds (seq) WHERE state IN ('asked', 'running');
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class DeedRow:
    """One deed as it is kept; times in milliseconds since the epoch, None where it has not come to that.

    `vmid` 0: the cluster chooses. Of its `requests`, `sent` were answered and `step` came to their end; `sending` is
    the number of one that left and was not answered. `upid` is the task of the last one answered, `revision` grows with
    each change, `queued_ms` is when it was last seen to wait its turn. `sealed` holds what of the arguments nobody is
    shown, and is emptied at the end. `log_tail` and `summary` are what Proxmox says, and hostile text.
    """

    id: str
    cluster: str
    vmid: int
    deed: str
    principal: str
    asked_ms: int
    arguments: dict[str, Any] = field(default_factory=dict)
    guest_kind: str = ""
    node: str = ""
    name: str = ""
    mark: str = ""
    sealed: str = ""
    request_key: str | None = None
    queued_ms: int | None = None
    begun_ms: int | None = None
    finished_ms: int | None = None
    state: str = ASKED
    revision: int = 0
    step: int = 0
    sending: int | None = None
    sent: int = 0
    sent_ms: int | None = None
    upid: str = ""
    requests: tuple[dict[str, Any], ...] = ()
    progress: float | None = None
    note: str = ""
    exitstatus: str = ""
    summary: str = ""
    log_tail: tuple[str, ...] = ()
    stopped_by: str = ""
    seq: int = 0

    @property
    def is_open(self) -> bool:
        """Return whether it has not come to its end."""
        return self.state in OPEN


_OPEN = "state IN ('asked', 'running')"
_FIXED = {"id", "seq", "cluster", "deed", "arguments", "principal", "request_key", "asked_ms", "revision"}
_CHANGING = {one.name for one in fields(DeedRow)} - _FIXED


def add(connection: sqlite3.Connection, row: DeedRow) -> None:
    """Keep a new deed; its id and its principal's request key must be new."""
    connection.execute(
        "INSERT INTO proxmox_deeds (id, cluster, vmid, guest_kind, node, name, mark, deed, arguments, sealed,"
        " principal, request_key, asked_ms) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            row.id,
            row.cluster,
            row.vmid,
            row.guest_kind,
            row.node,
            row.name,
            row.mark,
            row.deed,
            packed(row.arguments),
            row.sealed,
            row.principal,
            row.request_key,
            row.asked_ms,
        ),
    )


def one(connection: sqlite3.Connection, deed_id: str) -> DeedRow | None:
    """Return the deed of that id."""
    return next(iter(_rows(connection, "id = ?", (deed_id,))), None)


def by_request_key(connection: sqlite3.Connection, principal: str, request_key: str) -> DeedRow | None:
    """Return the deed that this principal asked for under this key."""
    return next(iter(_rows(connection, "principal = ? AND request_key = ?", (principal, request_key))), None)


def open_ones(connection: sqlite3.Connection) -> list[DeedRow]:
    """Return the deeds that have not come to their end, oldest first."""
    return _rows(connection, f"{_OPEN} ORDER BY seq", ())


def open_of(connection: sqlite3.Connection, cluster: str, vmid: int) -> list[DeedRow]:
    """Return the deeds of a guest that have not come to their end, oldest first."""
    return _rows(connection, f"cluster = ? AND vmid = ? AND {_OPEN} ORDER BY seq", (cluster, vmid))


def newest(
    connection: sqlite3.Connection,
    limit: int,
    cluster: str | None = None,
    vmid: int | None = None,
    before: int | None = None,
) -> list[DeedRow]:
    """Return the newest deeds (of a cluster, of a guest), below the number `before`."""
    where, values = ["seq < ?"], [2**62 if before is None else before]
    given: list[Any] = list(values)
    for column, value in (("cluster", cluster), ("vmid", vmid)):
        if value is not None:
            where.append(f"{column} = ?")
            given.append(value)
    return _rows(connection, f"{' AND '.join(where)} ORDER BY seq DESC LIMIT ?", (*given, limit))


def begin(connection: sqlite3.Connection, deed_id: str, now_ms: int) -> bool:
    """Take up a deed that is asked for, unless another of its guest runs; False when there is nothing to take up."""
    changed = connection.execute(
        "UPDATE proxmox_deeds SET state = 'running', begun_ms = ?, revision = revision + 1"
        " WHERE id = ? AND state = 'asked' AND NOT EXISTS (SELECT 1 FROM proxmox_deeds AS other"
        " WHERE other.state = 'running' AND other.cluster = proxmox_deeds.cluster"
        " AND other.vmid = proxmox_deeds.vmid AND other.vmid <> 0)",
        (now_ms, deed_id),
    )
    return changed.rowcount == 1


def change(connection: sqlite3.Connection, deed_id: str, stands: str, /, **columns: Any) -> bool:
    """Change columns of a deed whose state is `stands`; False when it is not any more."""
    unknown = set(columns) - _CHANGING
    if unknown:
        raise ValueError(f"no columns that change: {unknown}")
    values = [packed(value) if name in {"requests", "log_tail"} else value for name, value in columns.items()]
    names = "".join(f"{name} = ?, " for name in columns)
    changed = connection.execute(
        f"UPDATE proxmox_deeds SET {names}revision = revision + 1 WHERE id = ? AND state = ?",  # noqa: S608 - names of this module
        (*values, deed_id, stands),
    )
    return changed.rowcount == 1


def ask_to_stop(connection: sqlite3.Connection, deed_id: str, by: str) -> bool:
    """Note that somebody wants a running deed to end; False when it does not run, or was asked to already."""
    changed = connection.execute(
        "UPDATE proxmox_deeds SET stopped_by = ?, revision = revision + 1"
        " WHERE id = ? AND state = 'running' AND stopped_by = ''",
        (by, deed_id),
    )
    return changed.rowcount == 1


def upids(connection: sqlite3.Connection, but: str, most: int) -> list[str]:
    """Return the tasks of the newest deeds but the one of that id."""
    found = connection.execute(
        "SELECT upid FROM proxmox_deeds WHERE upid <> '' AND id <> ? ORDER BY seq DESC LIMIT ?", (but, most)
    )
    return [row[0] for row in found]


def ended_since(connection: sqlite3.Connection, cluster: str, since_ms: int) -> frozenset[int]:
    """Return the guests of a cluster of which deeds ended then or later, those that were made by them included."""
    found = connection.execute(
        "SELECT vmid, arguments FROM proxmox_deeds WHERE cluster = ? AND finished_ms >= ? AND finished_ms IS NOT NULL"
        " AND state <> 'refused'",
        (cluster, since_ms),
    )
    vmids = {vmid for row in found for vmid in (row[0], json.loads(row[1]).get("new_vmid"))}
    return frozenset(vmid for vmid in vmids if vmid)


def prune(connection: sqlite3.Connection, before_ms: int) -> int:
    """Delete ended deeds asked for before then, and the oldest past the bound; return how many went."""
    return pruning.prune(connection, "proxmox_deeds", ("asked_ms", before_ms), KEPT_MAX, ended=f"NOT {_OPEN}")


def _rows(connection: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> list[DeedRow]:
    statement = f"SELECT * FROM proxmox_deeds WHERE {where}"  # noqa: S608 - constants of this module
    return [_row(found) for found in named(connection, statement, values)]


def _row(found: sqlite3.Row) -> DeedRow:
    plain = {name: found[name] for name in found.keys()}  # noqa: SIM118 - a row iterates over its values
    plain["arguments"] = json.loads(found["arguments"])
    plain["requests"] = tuple(json.loads(found["requests"]))
    plain["log_tail"] = tuple(json.loads(found["log_tail"]))
    return DeedRow(**plain)
