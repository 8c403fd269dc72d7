"""Memcached: items, memory, hits and misses, connections."""

from __future__ import annotations

from wakeful_agent.credentials import LOGIN, dial, login
from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.parsing import number
from wakeful_agent.host.text import decode, label
from wakeful_agent.service import REFUSAL_MS, TARGETS, TIMEOUT, Answered, ServiceMeter, local_ends

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host
    from wakeful_agent.network.dialogue import Dialogue
    from wakeful_agent.network.targets import Target

    Sample = tuple[str, dict[str, str], "float | None"]

PORT = 11211
_LINES_MAX = 2_000
_SOCKETS = ("run/memcached/memcached.sock", "run/memcached.sock")
_PLAIN: tuple[tuple[str, dict[str, str], str], ...] = (
    ("memcached.uptime", {}, "uptime"),
    ("memcached.bytes", {}, "bytes"),
    ("memcached.limit", {}, "limit_maxbytes"),
    ("memcached.current_items", {}, "curr_items"),
    ("memcached.threads", {}, "threads"),
    ("memcached.connections.current", {}, "curr_connections"),
    ("memcached.connections.limit", {}, "max_connections"),
    ("memcached.connections.total", {}, "total_connections"),
    ("memcached.commands", {"command": "get"}, "cmd_get"),
    ("memcached.commands", {"command": "set"}, "cmd_set"),
    ("memcached.commands", {"command": "flush"}, "cmd_flush"),
    ("memcached.commands", {"command": "touch"}, "cmd_touch"),
    ("memcached.operations", {"operation": "get", "type": "hit"}, "get_hits"),
    ("memcached.operations", {"operation": "get", "type": "miss"}, "get_misses"),
    ("memcached.operations", {"operation": "delete", "type": "hit"}, "delete_hits"),
    ("memcached.operations", {"operation": "delete", "type": "miss"}, "delete_misses"),
    ("memcached.operations", {"operation": "increment", "type": "hit"}, "incr_hits"),
    ("memcached.operations", {"operation": "increment", "type": "miss"}, "incr_misses"),
    ("memcached.operations", {"operation": "decrement", "type": "hit"}, "decr_hits"),
    ("memcached.operations", {"operation": "decrement", "type": "miss"}, "decr_misses"),
    ("memcached.operations", {"operation": "touch", "type": "hit"}, "touch_hits"),
    ("memcached.operations", {"operation": "touch", "type": "miss"}, "touch_misses"),
    ("memcached.evictions", {}, "evictions"),
    ("memcached.reclaimed", {}, "reclaimed"),
    ("memcached.network", {"direction": "received"}, "bytes_read"),
    ("memcached.network", {"direction": "sent"}, "bytes_written"),
    ("memcached.cpu.usage", {"state": "user"}, "rusage_user"),
    ("memcached.cpu.usage", {"state": "system"}, "rusage_system"),
)
_REJECTED = ("rejected_connections", "listen_disabled_num")


def parse_stats(text: str) -> dict[str, str]:
    """Return what `stats` says, by name; raise Malformed when it says nothing. Source: memcached's protocol.txt."""
    stats = {}
    for line in text.splitlines():
        words = line.split(" ", 2)
        if len(words) == 3 and words[0] == "STAT":
            stats[words[1]] = words[2]
    if "uptime" not in stats:
        raise Malformed("the answer to stats tells of no server")
    return stats


def samples(stats: dict[str, str]) -> list[Sample]:
    """Return the samples of one server; what its version does not tell of is left out."""
    found: list[Sample] = [(metric, labels, _value(stats[key])) for metric, labels, key in _PLAIN if key in stats]
    rejected = [_value(stats[key]) for key in _REJECTED if key in stats]
    if rejected:
        found.append(("memcached.connections.rejected", {}, sum(one or 0.0 for one in rejected)))
    return found


class MemcachedMeter(ServiceMeter):
    """Asks memcached its `stats`, over a unix socket, TCP or TLS."""

    name = "memcached"
    source = "stats of the server"
    refusal_ms = REFUSAL_MS
    fix = (
        "a line wakeful:PASSWORD in the file that memcached's -Y names; then PASSWORD into "
        '/etc/wakeful/memcached.password (chmod 600, owner wakeful) and user = "wakeful", '
        'password_file = "/etc/wakeful/memcached.password" below [meters.memcached]'
    )
    exposes = "whoever may log in to memcached may read and write every item"
    options = (TARGETS, TIMEOUT, *LOGIN)

    def usual(self, host: Host) -> list[Target]:
        """Return the port, if something local listens there, and the sockets that are usual."""
        return local_ends(host, PORT, _SOCKETS)

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Ask one server."""
        user, password = login(self, host, target)
        with dial(self, target, PORT, self.timeout_seconds) as dialogue:
            try:
                stats = _stats(dialogue)
            except Denied:
                # Only now: a server that wants no login would store the password as an item that everybody can read.
                if not password:
                    raise
                _log_in(dialogue, user, password)
                stats = _stats(dialogue)
        return Answered(samples(stats), {"version": label(stats.get("version", ""))})


def _stats(dialogue: Dialogue) -> dict[str, str]:
    dialogue.send(b"stats\r\n")
    return parse_stats(_answer(dialogue))


def _log_in(dialogue: Dialogue, user: str, password: str) -> None:
    """Log in as the text protocol does: by storing user and password under any key."""
    word = f"{user} {password}".encode()
    dialogue.send(b"set wakeful 0 0 %d\r\n%b\r\n" % (len(word), word))
    if not dialogue.line().startswith(b"STORED"):
        raise Denied("user and password are not taken")


def _answer(dialogue: Dialogue) -> str:
    """Return the lines up to END; raise what else is said."""
    lines: list[str] = []
    while len(lines) < _LINES_MAX:
        line = decode(dialogue.line()).rstrip("\r\n")
        if line == "END":
            return "\n".join(lines)
        if not line.startswith("STAT "):
            raise _objection(line)
        lines.append(line)
    raise Malformed(f"stats has more than {_LINES_MAX} lines")


def _objection(line: str) -> HostError:
    said = label(line)[:200]
    if "unauthenticated" in line:
        return Denied(f"it wants a user and password ({said})")
    return HostError(said) if line.startswith(("ERROR", "CLIENT_ERROR", "SERVER_ERROR")) else Malformed(repr(said[:60]))


def _value(text: str) -> float | None:
    try:
        return number(text)
    except ValueError:
        return None
