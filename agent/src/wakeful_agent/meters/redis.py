"""Redis, Valkey and what else answers INFO: clients, memory, keys, persistence, replication."""

from __future__ import annotations

from wakeful_agent.credentials import LOGIN, dial, login
from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.parsing import number
from wakeful_agent.meter import Option
from wakeful_agent.network.resp import call, log_in
from wakeful_agent.service import REFUSAL_MS, TARGETS, TIMEOUT, Answered, ServiceMeter, local_ends

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host
    from wakeful_agent.network.targets import Target

    Sample = tuple[str, dict[str, str], "float | None"]

PORT = 6379
DATABASES_MAX = 64
COMMANDS_MAX = 64
_SOCKETS = (
    "run/redis/redis-server.sock",
    "run/redis/redis.sock",
    "run/valkey/valkey-server.sock",
    "run/valkey/valkey.sock",
    "run/redis.sock",
)
_PLAIN = (
    ("redis.uptime", "uptime_in_seconds", 1.0),
    ("redis.clients.connected", "connected_clients", 1.0),
    ("redis.clients.limit", "maxclients", 1.0),
    ("redis.clients.blocked", "blocked_clients", 1.0),
    ("redis.clients.max_input_buffer", "client_recent_max_input_buffer", 1.0),
    ("redis.clients.max_output_buffer", "client_recent_max_output_buffer", 1.0),
    ("redis.connections.received", "total_connections_received", 1.0),
    ("redis.connections.rejected", "rejected_connections", 1.0),
    ("redis.commands.processed", "total_commands_processed", 1.0),
    ("redis.errors", "total_error_replies", 1.0),
    ("redis.net.input", "total_net_input_bytes", 1.0),
    ("redis.net.output", "total_net_output_bytes", 1.0),
    ("redis.keyspace.hits", "keyspace_hits", 1.0),
    ("redis.keyspace.misses", "keyspace_misses", 1.0),
    ("redis.keys.expired", "expired_keys", 1.0),
    ("redis.keys.evicted", "evicted_keys", 1.0),
    ("redis.memory.used", "used_memory", 1.0),
    ("redis.memory.peak", "used_memory_peak", 1.0),
    ("redis.memory.rss", "used_memory_rss", 1.0),
    ("redis.memory.lua", "used_memory_lua", 1.0),
    ("redis.memory.fragmentation_ratio", "mem_fragmentation_ratio", 1.0),
    ("redis.maxmemory", "maxmemory", 1.0),
    ("redis.loading", "loading", 1.0),
    ("redis.rdb.changes_since_last_save", "rdb_changes_since_last_save", 1.0),
    ("redis.rdb.last_save", "rdb_last_save_time", 1.0),
    ("redis.latest_fork", "latest_fork_usec", 1e-6),
    ("redis.slaves.connected", "connected_slaves", 1.0),
    ("redis.replication.backlog_first_byte_offset", "repl_backlog_first_byte_offset", 1.0),
    ("redis.cluster.enabled", "cluster_enabled", 1.0),
)
_STATUS = (
    ("redis.rdb.last_save.ok", "rdb_last_bgsave_status", "ok"),
    ("redis.aof.last_write.ok", "aof_last_write_status", "ok"),
    ("redis.replication.link.up", "master_link_status", "up"),
)
_ROLES = {"master": "primary", "slave": "replica"}
_PROCESSOR = "used_cpu_"
_SERVERS = ("valkey", "dragonfly", "keydb")


def parse_info(text: str) -> dict[str, str]:
    """Return what INFO says, by field; raise Malformed when it is no answer to INFO. Source: redis.io, INFO."""
    info = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            info[name] = value
    if "uptime_in_seconds" not in info and "redis_version" not in info:
        raise Malformed("the answer to INFO tells of no server")
    return info


def samples(info: dict[str, str]) -> list[Sample]:
    """Return the samples of one server; what its version does not tell of is left out."""
    found: list[Sample] = [(metric, {}, _scaled(info[key], scale)) for metric, key, scale in _PLAIN if key in info]
    found += [(metric, {}, float(info[key] == good)) for metric, key, good in _STATUS if key in info]
    for key in sorted(info):
        if key.startswith(_PROCESSOR):
            found.append(("redis.cpu.time", {"state": key[len(_PROCESSOR) :]}, _scaled(info[key])))
    role = role_of(info)
    found += [("redis.role", {"role": one}, float(one == role)) for one in ("primary", "replica", "sentinel")]
    return found + _replication(info, role) + _databases(info)


def command_samples(info: dict[str, str]) -> list[Sample]:
    """Return calls and time of the commands called most, by name."""
    counts = {}
    for key, value in info.items():
        if key.startswith("cmdstat_"):
            fields = _fields(value)
            counts[key[len("cmdstat_") :]] = (_scaled(fields.get("calls", "")), _scaled(fields.get("usec", ""), 1e-6))
    most = sorted(counts, key=lambda name: (-(counts[name][0] or 0), name))[:COMMANDS_MAX]
    found: list[Sample] = []
    for name in sorted(most):
        found.append(("redis.cmd.calls", {"cmd": name}, counts[name][0]))
        found.append(("redis.cmd.time", {"cmd": name}, counts[name][1]))
    return found


def role_of(info: dict[str, str]) -> str:
    """Return primary, replica or sentinel."""
    return "sentinel" if info.get("redis_mode") == "sentinel" else _ROLES.get(info.get("role", ""), "primary")


def about(info: dict[str, str]) -> dict[str, str]:
    """Return the facts that seldom change."""
    server = next((name for name in _SERVERS if f"{name}_version" in info), "redis")
    version = info.get(f"{server}_version", "")
    facts = {"server": server, "version": version, "mode": info.get("redis_mode", ""), "role": role_of(info)}
    return {**facts, "maxmemory_policy": info.get("maxmemory_policy", "")}


class RedisMeter(ServiceMeter):
    """Asks Redis and its kin INFO, over a unix socket, TCP or TLS."""

    name = "redis"
    source = "INFO of the server"
    refusal_ms = REFUSAL_MS
    fix = (
        "redis-cli ACL SETUSER wakeful on '>PASSWORD' +info; then PASSWORD into /etc/wakeful/redis.password (chmod "
        '600, owner wakeful) and user = "wakeful", password_file = "/etc/wakeful/redis.password" below [meters.redis]'
    )
    exposes = "figures of the server; no keys and no values"
    options = (
        TARGETS,
        TIMEOUT,
        *LOGIN,
        Option("commands", False, f"count calls and time of each command too (the {COMMANDS_MAX} called most)"),
    )

    def usual(self, host: Host) -> list[Target]:
        """Return the port, if something local listens there, and the sockets that distributions have."""
        return local_ends(host, PORT, _SOCKETS)

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Ask one server."""
        user, password = login(self, host, target)
        with dial(self, target, PORT, self.timeout_seconds) as dialogue:
            log_in(dialogue, user, password)
            info = parse_info(call(dialogue, "INFO"))
            found = samples(info)
            if self.chosen["commands"]:
                told = call(dialogue, "INFO", "commandstats")
                found += command_samples(dict(line.split(":", 1) for line in told.splitlines() if ":" in line))
        return Answered(found, about(info))


def _replication(info: dict[str, str], role: str) -> list[Sample]:
    offset = _scaled(info.get("slave_repl_offset" if role == "replica" else "master_repl_offset", ""))
    found: list[Sample] = [("redis.replication.offset", {}, offset)]
    if role == "replica":
        idle = _scaled(info.get("master_last_io_seconds_ago", ""))
        found.append(("redis.replication.link.idle", {}, None if idle is None or idle < 0 else idle))
    replicas = [_fields(value) for key, value in info.items() if key.startswith("slave") and key[5:].isdigit()]
    behind = [_scaled(replica.get("offset", "")) for replica in replicas]
    known = [one for one in behind if one is not None]
    if known and offset is not None:
        found.append(("redis.replication.replica.delay", {}, max(0.0, offset - min(known))))
    return found


def _databases(info: dict[str, str]) -> list[Sample]:
    names = [key for key in info if key.startswith("db") and key[2:].isascii() and key[2:].isdigit()]
    found: list[Sample] = []
    for name in sorted(names, key=lambda key: int(key[2:12]))[:DATABASES_MAX]:
        fields = _fields(info[name])
        found.append(("redis.db.keys", {"db": name[2:]}, _scaled(fields.get("keys", ""))))
        found.append(("redis.db.expires", {"db": name[2:]}, _scaled(fields.get("expires", ""))))
        found.append(("redis.db.avg_ttl", {"db": name[2:]}, _scaled(fields.get("avg_ttl", ""), 1e-3)))
    return found


def _fields(value: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in value.split(",")]
    return {name: content for name, _, content in pairs}


def _scaled(text: str, scale: float = 1.0) -> float | None:
    try:
        return number(text) * scale if scale != 1.0 else number(text)
    except ValueError:
        return None
