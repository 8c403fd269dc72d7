"""PostgreSQL: connections, transactions, rows, sizes, locks, checkpoints, replication, wraparound."""

from __future__ import annotations

import re

from wakeful_agent.host import psql
from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.listeners import listens
from wakeful_agent.host.text import label
from wakeful_agent.meter import Option
from wakeful_agent.network.place import parse_place
from wakeful_agent.network.targets import Target
from wakeful_agent.service import REFUSAL_MS, TARGETS, TIMEOUT, Answered, ServiceMeter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.host.files import Host

    Sample = tuple[str, dict[str, str], "float | None"]

PORT = 5432
_FOLDERS = ("run/postgresql", "tmp")
_SOCKET = re.compile(r"\.s\.PGSQL\.([0-9]{1,5})")
_STATES = {
    "active": "active",
    "idle": "idle",
    "idle in transaction": "idle_in_transaction",
    "idle in transaction (aborted)": "aborted",
    None: "unknown",
}
_LOCKS = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
    "SIReadLock",
)
_SERVER = (
    ("postgresql.uptime", "uptime"),
    ("postgresql.standby", "recovery"),
    ("postgresql.connection.max", "max_connections"),
    ("postgresql.database.count", "databases"),
    ("postgresql.wraparound.age.max", "oldest"),
)
_DATABASE = (
    ("postgresql.backends", "numbackends"),
    ("postgresql.wraparound.age", "age"),
    ("postgresql.commits", "xact_commit"),
    ("postgresql.rollbacks", "xact_rollback"),
    ("postgresql.blks_hit", "blks_hit"),
    ("postgresql.blks_read", "blks_read"),
    ("postgresql.tup_returned", "tup_returned"),
    ("postgresql.tup_fetched", "tup_fetched"),
    ("postgresql.tup_inserted", "tup_inserted"),
    ("postgresql.tup_updated", "tup_updated"),
    ("postgresql.tup_deleted", "tup_deleted"),
    ("postgresql.deadlocks", "deadlocks"),
    ("postgresql.conflicts", "conflicts"),
    ("postgresql.temp_files", "temp_files"),
    ("postgresql.temp.io", "temp_bytes"),
    ("postgresql.checksum_failures", "checksum_failures"),
)
# The same figure by its column before PostgreSQL 17, and since: checkpoints have a view of their own there.
_WRITER: tuple[tuple[str, dict[str, str], tuple[str, ...], float], ...] = (
    ("postgresql.bgwriter.buffers.allocated", {}, ("buffers_alloc",), 1.0),
    ("postgresql.bgwriter.buffers.writes", {"source": "checkpoints"}, ("buffers_checkpoint", "buffers_written"), 1.0),
    ("postgresql.bgwriter.buffers.writes", {"source": "bgwriter"}, ("buffers_clean",), 1.0),
    ("postgresql.bgwriter.buffers.writes", {"source": "backend"}, ("buffers_backend",), 1.0),
    ("postgresql.bgwriter.maxwritten", {}, ("maxwritten_clean",), 1.0),
    ("postgresql.bgwriter.checkpoint.count", {"type": "scheduled"}, ("checkpoints_timed", "num_timed"), 1.0),
    ("postgresql.bgwriter.checkpoint.count", {"type": "requested"}, ("checkpoints_req", "num_requested"), 1.0),
    ("postgresql.bgwriter.duration", {"type": "write"}, ("checkpoint_write_time", "write_time"), 1e-3),
    ("postgresql.bgwriter.duration", {"type": "sync"}, ("checkpoint_sync_time", "sync_time"), 1e-3),
    ("postgresql.archiver.archived", {}, ("archived_count",), 1.0),
    ("postgresql.archiver.failed", {}, ("failed_count",), 1.0),
)


def samples(answers: Mapping[str, Any]) -> list[Sample]:
    """Return the samples of one server from psql's answers; what is missing or of a strange type is left out."""
    server = _record(answers.get("server"))
    found: list[Sample] = [(metric, {}, _number(server.get(key))) for metric, key in _SERVER]
    sizes = _record(answers.get("sizes"))
    for database in _records(answers.get("databases")):
        labels = {"database": str(database.get("datname"))}
        found += [(metric, labels, _number(database.get(key))) for metric, key in _DATABASE]
        found.append(("postgresql.db_size", labels, _number(sizes.get(labels["database"]))))
    writer = {name: value for part in ("archiver", "writer", "checkpointer") for name, value in _parts(answers, part)}
    for metric, kind, columns, scale in _WRITER:
        value = next((_number(writer[column]) for column in columns if column in writer), None)
        if value is not None:
            found.append((metric, kind, value * scale))
    found += _asked(answers, "activity", _activity(_records(answers.get("activity"))))
    found += _asked(answers, "locks", _locks(_records(answers.get("locks"))))
    return found + _replication(answers)


def _asked(answers: Mapping[str, Any], part: str, counted: list[Sample]) -> list[Sample]:
    """Return what was counted, without values where the server did not answer that: nothing said is not none there."""
    return counted if part in answers else [(metric, labels, None) for metric, labels, _ in counted]


def _activity(rows: list[Mapping[str, Any]]) -> list[Sample]:
    states = dict.fromkeys([*_STATES.values(), "other"], 0.0)
    for row in rows:
        state = row.get("state")
        known = _STATES.get(state, "other") if state is None or isinstance(state, str) else "other"
        states[known] += _number(row.get("count")) or 0.0
    found: list[Sample] = [("postgresql.connections", {"state": state}, count) for state, count in states.items()]
    running = [row for row in rows if row.get("state") == "active"]
    found.append(("postgresql.connections.waiting", {}, _total(rows, "waiting")))
    found.append(("postgresql.transaction.longest", {}, _most(rows, "transaction")))
    found.append(("postgresql.query.longest", {}, _most(running, "query")))
    return found


def _locks(rows: list[Mapping[str, Any]]) -> list[Sample]:
    found: list[Sample] = []
    for mode in _LOCKS:
        held = [row for row in rows if row.get("mode") == mode and row.get("granted") is True]
        found.append(("postgresql.locks", {"mode": mode}, _total(held, "count")))
    waited = [row for row in rows if row.get("granted") is False]
    found.append(("postgresql.locks.waiting", {}, _total(waited, "count")))
    return found


def _replication(answers: Mapping[str, Any]) -> list[Sample]:
    found: list[Sample] = []
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for row in _records(answers.get("replicas")):
        by_name.setdefault(str(row.get("name")), []).append(row)
    for name, rows in by_name.items():  # several may say the same name: the slowest of them counts
        client = {"replication_client": name}
        behind = [_number(row.get("behind")) for row in rows]
        found.append(("postgresql.replication.data_delay", client, _largest(behind)))
        for operation in ("write", "flush", "replay"):
            late = _largest([_number(row.get(operation)) for row in rows])
            found.append(("postgresql.wal.delay", {"operation": operation, **client}, late))
    for row in _records(answers.get("slots")):
        slot = {"slot": str(row.get("name"))}
        found.append(("postgresql.replication.slot.active", slot, _number(row.get("active"))))
        found.append(("postgresql.replication.slot.retained", slot, _number(row.get("retained"))))
    standby = answers.get("standby")
    if isinstance(standby, dict):
        found.append(("postgresql.replication.delay", {}, _number(standby.get("delay"))))
        found.append(("postgresql.replication.receiver.up", {}, float(standby.get("receiver") == "streaming")))
    return found


def about(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that seldom change; `sees_all` tells whether the role may see what other roles do."""
    server = _record(answers.get("server"))
    count = _number(server.get("databases")) or 0.0
    return {
        "version": label(str(server.get("version", ""))),
        "role": "standby" if server.get("recovery") is True else "primary",
        "user": label(str(server.get("role", ""))),
        "sees_all": server.get("sees_all") is True,
        "databases_left_out": max(0, int(count) - psql.ROWS_MAX),
    }


class PostgresqlMeter(ServiceMeter):
    """Asks PostgreSQL through psql, as the role it is given."""

    name = "postgresql"
    source = "psql"
    refusal_ms = REFUSAL_MS
    interval_seconds = 60.0
    every = True
    fix = (
        "sudo -u postgres psql -c 'CREATE ROLE wakeful LOGIN' -c 'GRANT pg_monitor TO wakeful' (on this machine the "
        "system's user wakeful needs no password; elsewhere set one and name a passfile below [meters.postgresql])"
    )
    exposes = "figures of all databases, and the texts of running queries to whoever is that role; no rows"
    options = (
        TARGETS,
        TIMEOUT._replace(default=8.0),
        Option("user", "", "the role to log in as; by default the system's user that the agent runs as", local=True),
        Option("database", "postgres", "the database to log in to", local=True),
        Option("passfile", "", "a passfile of libpq (lines host:port:database:user:password, chmod 600)", local=True),
        Option("service_file", "", "a service file of libpq, for targets service:NAME", local=True),
        Option("ca_file", "", "authorities that are trusted for tls:// targets instead of libpq's own", local=True),
        Option("sizes", True, "measure the size of databases, which reads through their folders"),
    )

    def usual(self, host: Host) -> list[Target]:
        """Return the local sockets, the port if something listens there and has none."""
        found = []
        for folder in _FOLDERS:
            for name in host.listing(folder) if host.exists(folder) else []:
                socket = _SOCKET.fullmatch(name)
                if socket:
                    found.append(Target(f"/{folder}:{socket[1]}", f"unix:{host.path(folder)}/{name}"))
        if not found and listens(host, PORT):
            found.append(Target(f"127.0.0.1:{PORT}", f"127.0.0.1:{PORT}"))
        return found

    def lacking(self, about: Mapping[str, Any]) -> str:
        """Return that the role sees its own sessions only, where it is not in pg_monitor."""
        return "" if about.get("sees_all") else "the role sees its own sessions only: it is not in pg_monitor"

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Ask one server."""
        passfile = target.words.get("passfile") or str(self.chosen["passfile"])
        service_file = target.words.get("service_file") or str(self.chosen["service_file"])
        environment = {"PGPASSFILE": passfile, "PGSERVICEFILE": service_file}
        answers = psql.ask(
            host,
            self._parts(target),
            {name: value for name, value in environment.items() if value},
            self.timeout_seconds,
            bool(self.chosen["sizes"]),
        )
        return Answered(samples(answers), about(answers))

    def _parts(self, target: Target) -> dict[str, str]:
        """Return the connection's parts as libpq names them; raise Malformed."""
        if "password" in target.words:
            raise Malformed("a password does not stand behind an address; put it into a passfile")
        given = {name: target.words.get(name) or str(self.chosen[name]) for name in ("user", "database", "ca_file")}
        parts = {"user": given["user"], "dbname": given["database"], **_place(target.address)}
        if target.address.startswith("tls://"):
            parts.update(sslmode="verify-full", sslrootcert=given["ca_file"])
        return parts


def _place(address: str) -> dict[str, str]:
    kind, _, rest = address.partition(":")
    if kind == "service":
        return {"service": rest, "dbname": "", "user": ""}
    if kind == "unix":
        folder, _, name = rest.rpartition("/")
        socket = _SOCKET.fullmatch(name)
        return {"host": folder, "port": socket[1]} if socket else {"host": rest, "port": str(PORT)}
    place = parse_place(address.replace("tls://", "tcp://", 1), PORT)
    return {"host": place.host, "port": str(place.port)}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and abs(value) < 1e300 else None


def _total(rows: list[Mapping[str, Any]], key: str) -> float:
    return sum((_number(row.get(key)) or 0.0 for row in rows), 0.0)


def _most(rows: list[Mapping[str, Any]], key: str) -> float:
    """Return the largest value; none is 0: there is no such transaction."""
    return max(0.0, _largest([_number(row.get(key)) for row in rows]) or 0.0)


def _largest(values: list[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _record(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _records(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _parts(answers: Mapping[str, Any], part: str) -> list[tuple[str, Any]]:
    return list(_record(answers.get(part)).items())
