"""MySQL and MariaDB: connections, statements, InnoDB, replication, Galera."""

from __future__ import annotations

import re

from wakeful_agent.host import mysql
from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.listeners import listens
from wakeful_agent.host.parsing import number
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

PORT = 3306
REPLICAS_MAX = 64
_SOCKETS = ("run/mysqld/mysqld.sock", "var/lib/mysql/mysql.sock", "run/mysql/mysql.sock", "tmp/mysql.sock")
_PLAIN = (
    ("mysql.uptime", "uptime"),
    ("mysql.connection.limit", "max_connections"),
    ("mysql.connection.peak", "max_used_connections"),
    ("mysql.connection.count", "connections"),
    ("mysql.threads.created", "threads_created"),
    ("mysql.query.count", "queries"),
    ("mysql.query.client.count", "questions"),
    ("mysql.query.slow.count", "slow_queries"),
    ("mysql.buffer_pool.limit", "innodb_buffer_pool_size"),
    ("mysql.buffer_pool.page_flushes", "innodb_buffer_pool_pages_flushed"),
    ("mysql.row_locks", "innodb_row_lock_waits"),
    ("mysql.deadlocks", "innodb_deadlocks"),
)
_READS = ("read_first", "read_key", "read_next", "read_prev", "read_rnd", "read_rnd_next")
# Metric, label, and for each value of the label the status that counts it.
_FAMILIES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("mysql.threads", "kind", {kind: f"threads_{kind}" for kind in ("cached", "connected", "running")}),
    (
        "mysql.connection.errors",
        "error",
        {
            "aborted": "aborted_connects",
            "aborted_clients": "aborted_clients",
            "accept": "connection_errors_accept",
            "internal": "connection_errors_internal",
            "max_connections": "connection_errors_max_connections",
            "peer_address": "connection_errors_peer_address",
            "select": "connection_errors_select",
            "tcpwrap": "connection_errors_tcpwrap",
        },
    ),
    (
        "mysql.commands",
        "command",
        {one: f"com_{one}" for one in ("select", "insert", "update", "delete", "replace", "commit", "rollback")},
    ),
    ("mysql.client.network.io", "kind", {"received": "bytes_received", "sent": "bytes_sent"}),
    (
        "mysql.handlers",
        "kind",
        {one: f"handler_{one}" for one in ("commit", "delete", "rollback", "update", "write", *_READS)},
    ),
    (
        "mysql.joins",
        "kind",
        {
            "full": "select_full_join",
            "full_range": "select_full_range_join",
            "range": "select_range",
            "range_check": "select_range_check",
            "scan": "select_scan",
        },
    ),
    ("mysql.sorts", "kind", {kind: f"sort_{kind}" for kind in ("merge_passes", "range", "rows", "scan")}),
    (
        "mysql.tmp_resources",
        "resource",
        {"disk_tables": "created_tmp_disk_tables", "files": "created_tmp_files", "tables": "created_tmp_tables"},
    ),
    ("mysql.locks", "kind", {"immediate": "table_locks_immediate", "waited": "table_locks_waited"}),
    (
        "mysql.opened_resources",
        "kind",
        {"file": "opened_files", "table": "opened_tables", "table_definition": "opened_table_definitions"},
    ),
    (
        "mysql.table_open_cache",
        "status",
        {"hit": "table_open_cache_hits", "miss": "table_open_cache_misses", "overflow": "table_open_cache_overflows"},
    ),
    (
        "mysql.buffer_pool.pages",
        "kind",
        {kind: f"innodb_buffer_pool_pages_{kind}" for kind in ("data", "free", "misc")},
    ),
    (
        "mysql.buffer_pool.operations",
        "operation",
        {
            "read_ahead": "innodb_buffer_pool_read_ahead",
            "read_ahead_evicted": "innodb_buffer_pool_read_ahead_evicted",
            "read_ahead_rnd": "innodb_buffer_pool_read_ahead_rnd",
            "read_requests": "innodb_buffer_pool_read_requests",
            "reads": "innodb_buffer_pool_reads",
            "wait_free": "innodb_buffer_pool_wait_free",
            "write_requests": "innodb_buffer_pool_write_requests",
        },
    ),
    ("mysql.operations", "operation", {one: f"innodb_data_{one}" for one in ("fsyncs", "reads", "writes")}),
    ("mysql.page_operations", "operation", {one: f"innodb_pages_{one}" for one in ("created", "read", "written")}),
    (
        "mysql.log_operations",
        "operation",
        {"waits": "innodb_log_waits", "write_requests": "innodb_log_write_requests", "writes": "innodb_log_writes"},
    ),
    ("mysql.double_writes", "kind", {"pages_written": "innodb_dblwr_pages_written", "writes": "innodb_dblwr_writes"}),
    (
        "mysql.row_operations",
        "operation",
        {one: f"innodb_rows_{one}" for one in ("deleted", "inserted", "read", "updated")},
    ),
)
_GALERA = (
    ("mysql.galera.cluster.size", "wsrep_cluster_size"),
    ("mysql.galera.flow_control.paused", "wsrep_flow_control_paused"),
    ("mysql.galera.receive.queue", "wsrep_local_recv_queue"),
)
_PASSWORD = re.compile(r"""^\s*password\s*=\s*["']?(.*?)["']?\s*$""", re.MULTILINE)
_GROUP = re.compile(r"[A-Za-z0-9_]{1,64}")


def samples(answers: mysql.Answers) -> list[Sample]:
    """Return the samples of one server; what its version does not count is left out."""
    status = answers.status
    found: list[Sample] = [(metric, {}, _value(status[key])) for metric, key in _PLAIN if key in status]
    for metric, name, kinds in _FAMILIES:
        found += [(metric, {name: kind}, _value(status[key])) for kind, key in kinds.items() if key in status]
    if "read_only" in status:
        found.append(("mysql.read_only", {}, _flag(status["read_only"])))
    if "innodb_row_lock_time" in status:
        waited = _value(status["innodb_row_lock_time"])
        found.append(("mysql.row_locks.time", {}, None if waited is None else waited / 1000))
    found += _pool(status)
    if answers.transactions:
        found.append(("mysql.transactions", {}, _value(answers.transactions["transactions"])))
        found.append(("mysql.transaction.longest", {}, _value(answers.transactions["longest"])))
    return found + _replicas(answers.replicas) + _galera(status)


def about(answers: mysql.Answers) -> dict[str, Any]:
    """Return the facts that seldom change; `objections` are questions the server did not answer this user."""
    status = answers.status
    version = status.get("version", "")
    return {
        "server": "mariadb" if "mariadb" in version.lower() else "mysql",
        "version": label(version),
        "comment": label(status.get("version_comment", "")),
        "role": "replica" if answers.replicas else "primary",
        "objections": [label(line) for line in answers.objections],
    }


class MysqlMeter(ServiceMeter):
    """Asks MySQL or MariaDB through the client, with the login of a defaults file or as the system's user."""

    name = "mysql"
    source = "mariadb or mysql, the client"
    refusal_ms = REFUSAL_MS
    interval_seconds = 60.0
    fix = (
        "MariaDB: CREATE USER wakeful@localhost IDENTIFIED VIA unix_socket; "
        "GRANT PROCESS, SLAVE MONITOR ON *.* TO wakeful@localhost; "
        "MySQL: CREATE USER wakeful@localhost IDENTIFIED WITH auth_socket; "
        "GRANT PROCESS, REPLICATION CLIENT ON *.* TO wakeful@localhost; "
        "elsewhere: a defaults file (chmod 600) with [client] user and password below [meters.mysql]"
    )
    exposes = "figures of the server, and the texts of running statements to whoever is that user; no rows"
    options = (
        TARGETS,
        TIMEOUT,
        Option("user", "", "the user to log in as; by default that of the defaults file or the system's", local=True),
        Option("defaults_file", "", "a file of options with [client] user, password, ssl-ca (chmod 600)", local=True),
    )

    def usual(self, host: Host) -> list[Target]:
        """Return the sockets that distributions have, else the port if something local listens there."""
        paths = [host.path(path) for path in _SOCKETS if host.exists(path)]
        found = [Target(path, f"unix:{path}") for path in paths]
        if not found and listens(host, PORT):
            found.append(Target(f"127.0.0.1:{PORT}", f"127.0.0.1:{PORT}"))
        return found

    def lacking(self, about: Mapping[str, Any]) -> str:
        """Return the first question that the server did not answer this user."""
        return str(next(iter(about.get("objections", ())), ""))

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Ask one server."""
        answers = mysql.ask(host, self._connection(host, target), self.timeout_seconds)
        return Answered(samples(answers), about(answers))

    def _connection(self, host: Host, target: Target) -> list[str]:
        """Return the client's options; raise Malformed, Denied when others can read the defaults file."""
        path = target.words.get("defaults_file") or str(self.chosen["defaults_file"])
        if "password" in target.words:
            raise Malformed("a password does not stand behind an address; put it into a defaults file")
        if path:
            for password in _PASSWORD.findall(host.secret(path)):  # this refuses a file that others can read
                self.concealment.add(password)
        options = [f"--defaults-file={host.path(path.lstrip('/'))}" if path else "--no-defaults"]
        group = target.words.get("group")
        if group is not None:
            if not _GROUP.fullmatch(group):
                raise Malformed("group= must be letters, digits and underscores: the end of [client_NAME]")
            options.append(f"--defaults-group-suffix=_{group}")
        user = target.words.get("user") or str(self.chosen["user"])
        return [*options, *([f"--user={user}"] if user else []), *_place(target.address)]


def _place(address: str) -> list[str]:
    if address.startswith("tls://"):
        raise Malformed("for TLS set ssl-ca and ssl-verify-server-cert in the defaults file")
    place = parse_place(address, PORT)
    if place.kind == "unix":
        return ["--protocol=socket", f"--socket={place.path}"]
    return ["--protocol=tcp", f"--host={place.host}", f"--port={place.port}"]


def _pool(status: dict[str, str]) -> list[Sample]:
    data, dirty = (_value(status.get(f"innodb_buffer_pool_bytes_{kind}", "")) for kind in ("data", "dirty"))
    if data is None or dirty is None:
        return []
    usage = "mysql.buffer_pool.usage"
    return [(usage, {"status": "dirty"}, dirty), (usage, {"status": "clean"}, max(0.0, data - dirty))]


def _replicas(replicas: list[dict[str, str]]) -> list[Sample]:
    found: list[Sample] = []
    for replica in replicas[:REPLICAS_MAX]:
        channel = {"channel": replica.get("Connection_name") or replica.get("Channel_Name") or "default"}
        fetching = replica.get("Slave_IO_Running", replica.get("Replica_IO_Running", ""))
        applying = replica.get("Slave_SQL_Running", replica.get("Replica_SQL_Running", ""))
        behind = replica.get("Seconds_Behind_Master", replica.get("Seconds_Behind_Source", ""))
        found.append(("mysql.replica.io.running", channel, float(fetching == "Yes")))
        found.append(("mysql.replica.sql.running", channel, float(applying == "Yes")))
        found.append(("mysql.replica.time_behind_source", channel, _value(behind)))
        found.append(("mysql.replica.sql_delay", channel, _value(replica.get("SQL_Delay", ""))))
    return found


def _galera(status: dict[str, str]) -> list[Sample]:
    if not _flag(status.get("wsrep_on", "")):
        return []
    found: list[Sample] = [(metric, {}, _value(status.get(key, ""))) for metric, key in _GALERA]
    found.append(("mysql.galera.cluster.primary", {}, float(status.get("wsrep_cluster_status") == "Primary")))
    found.append(("mysql.galera.ready", {}, _flag(status.get("wsrep_ready", ""))))
    return found


def _flag(text: str) -> float:
    return float(text.upper() in {"ON", "1", "YES"})


def _value(text: str) -> float | None:
    try:
        return number(text)
    except ValueError:
        return None
