"""HAProxy: frontends, backends and servers, from its statistics socket or its statistics page as CSV."""

from __future__ import annotations

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import decode, label
from wakeful_agent.network.dialogue import Dialogue
from wakeful_agent.network.targets import Target
from wakeful_agent.page_service import PageMeter
from wakeful_agent.service import Answered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping, Union

    from wakeful_agent.host.files import Host

    Sample = tuple[str, Mapping[str, str], Union[float, None]]

ROWS_MAX = 120
_BYTES_MAX = 8 * 1024 * 1024
_SOCKETS = ("/run/haproxy/admin.sock", "/run/haproxy.sock", "/var/lib/haproxy/stats", "/run/haproxy/stats.sock")
_KINDS = {"0": "frontend", "1": "backend", "2": "server"}
_STATES = {"UP": 1.0, "OPEN": 1.0, "FULL": 1.0, "NOLB": 1.0, "DOWN": 0.0, "STOP": 0.0}
_TAKEN_OUT = ("MAINT", "DRAIN")
_TAKEN_OUT_MAX = 20
_COLUMNS = (
    ("scur", "haproxy.sessions.count", "", 1.0),
    ("slim", "haproxy.sessions.limit", "", 1.0),
    ("stot", "haproxy.sessions.total", "", 1.0),
    ("req_tot", "haproxy.requests.total", "", 1.0),
    ("qcur", "haproxy.requests.queued", "", 1.0),
    ("dreq", "haproxy.requests.denied", "", 1.0),
    ("ereq", "haproxy.requests.errors", "", 1.0),
    ("wredis", "haproxy.requests.redispatched", "", 1.0),
    *(
        (f"hrsp_{status}", "haproxy.responses.total", f"status={status}", 1.0)
        for status in ("1xx", "2xx", "3xx", "4xx", "5xx", "other")
    ),
    ("dresp", "haproxy.responses.denied", "", 1.0),
    ("eresp", "haproxy.responses.errors", "", 1.0),
    ("bin", "haproxy.bytes.input", "", 1.0),
    ("bout", "haproxy.bytes.output", "", 1.0),
    ("econ", "haproxy.connections.errors", "", 1.0),
    ("wretr", "haproxy.connections.retries", "", 1.0),
    ("act", "haproxy.servers", "role=active", 1.0),
    ("bck", "haproxy.servers", "role=backup", 1.0),
    ("chkfail", "haproxy.failed_checks", "", 1.0),
    ("downtime", "haproxy.downtime", "", 1.0),
    ("qtime", "haproxy.latency", "phase=queue", 0.001),
    ("ctime", "haproxy.latency", "phase=connect", 0.001),
    ("rtime", "haproxy.latency", "phase=response", 0.001),
    ("ttime", "haproxy.latency", "phase=total", 0.001),
)
_BACKENDS_ONLY = {"act", "bck"}  # of a server they say what it is, not how many
_INFO = (
    ("Uptime_sec", "haproxy.uptime", 1.0),
    ("Idle_pct", "haproxy.idle", 0.01),
    ("CurrConns", "haproxy.connections.current", 1.0),
    ("Maxconn", "haproxy.connections.limit", 1.0),
    ("CumConns", "haproxy.connections.total", 1.0),
)


def parse_stat(text: str) -> list[dict[str, str]]:
    """Return the rows of `show stat` by column; raise Malformed. Source: HAProxy management guide, 9.1 CSV format."""
    lines = text.strip("\n").split("\n")
    header = lines[0].rstrip("\r")
    if not header.startswith("# pxname,svname,"):
        raise Malformed("is not HAProxy's CSV")
    columns = header[2:].rstrip(",").split(",")
    rows = []
    for line in lines[1:]:
        fields = _fields(line.rstrip("\r"))
        if fields == [""]:
            continue
        if len(fields) < len(columns):
            raise Malformed("has a line with fewer fields than columns")
        rows.append(dict(zip(columns, fields)))
    return rows


def parse_info(text: str) -> dict[str, str]:
    """Return the lines `Name: value` of `show info`; raise Malformed."""
    fields = {name: value.strip() for name, colon, value in (line.partition(":") for line in text.split("\n")) if colon}
    if fields.get("Name") != "HAProxy":
        raise Malformed("does not say that it is HAProxy")
    return fields


def samples_of(rows: list[dict[str, str]]) -> tuple[list[Sample], int]:
    """Return the samples of at most ROWS_MAX frontends, backends and servers, and how many are left out.

    What a row leaves empty does not exist for its kind, and has no series.
    """
    samples: list[Sample] = []
    known = [row for row in rows if row.get("type") in _KINDS]
    for row in known[:ROWS_MAX]:
        names = {"proxy": row["pxname"], "service": row["svname"]}
        samples.append(("haproxy.status", names, _status(row.get("status", ""))))
        for column, metric, more, scale in _COLUMNS:
            text = row.get(column, "")
            if text and not (column in _BACKENDS_ONLY and row["type"] != "1"):
                key, mark, value = more.partition("=")
                samples.append((metric, {**names, key: value} if mark else names, _number(text, scale)))
    return samples, len(known) - len(known[:ROWS_MAX])


def taken_out(rows: list[dict[str, str]]) -> str:
    """Return the servers that somebody took out on purpose, with how: `app/b (MAINT)`."""
    found = [row for row in rows if row.get("type") == "2" and row.get("status", "").startswith(_TAKEN_OUT)]
    return label(", ".join(f"{row['pxname']}/{row['svname']} ({row['status']})" for row in found[:_TAKEN_OUT_MAX]))


def _fields(line: str) -> list[str]:
    """Return a line's fields; one with a comma or a quote in it is quoted, quotes within are doubled."""
    if '"' not in line:
        return line.split(",")
    fields, at = [], 0
    while at <= len(line):
        if line.startswith('"', at):
            end = line.find('"', at + 1)
            while end >= 0 and line.startswith('"', end + 1):
                end = line.find('"', end + 2)
            if end < 0:
                raise Malformed("has a quote that does not end")
            fields.append(line[at + 1 : end].replace('""', '"'))
            at = end + 2
        else:
            end = line.find(",", at)
            end = len(line) if end < 0 else end
            fields.append(line[at:end])
            at = end + 1
    return fields


def _status(text: str) -> float | None:
    """Return 1 for what serves, 0 for what does not, None where nobody checks or somebody took it out on purpose.

    `UP 1/3` is on its way down and still up; NOLB takes those who belong to it; MAINT and DRAIN are wishes.
    """
    return _STATES.get(text.partition(" ")[0])


def _number(text: str, scale: float) -> float | None:
    return float(text) * scale if text.isascii() and text.isdigit() and len(text) < 20 else None


class HaproxyMeter(PageMeter):
    """Asks `show stat` and `show info` of every target: a unix or TCP socket, or the URL of the statistics page."""

    name = "haproxy"
    collector_targets = True
    source = "etc/haproxy/"
    fix = (
        "in the global section of haproxy.cfg: stats socket /run/haproxy/admin.sock mode 660 level user; "
        "then usermod -a -G haproxy wakeful"
    )
    exposes = "names, states and counts of proxies; where the socket has level admin, also the right to change them"

    def usual(self, host: Host) -> list[Target]:
        """Return the sockets of the usual configurations."""
        there = [path for path in _SOCKETS if host.exists(path[1:])]
        return [Target(f"unix:{path}", f"unix:{host.path(path[1:])}") for path in there]

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Ask one: over a socket for the proxies and the process, over http for the proxies alone."""
        if target.address.startswith(("http://", "https://")):
            url = target.address if ";csv" in target.address else target.address + ";csv"
            rows = parse_stat(decode(self.page(host, url, most=_BYTES_MAX).body))
            samples, left_out = samples_of(rows)
            return Answered(samples, {"taken_out": taken_out(rows), "left_out": left_out})
        rows = parse_stat(self._command(target, b"show stat\n"))
        samples, left_out = samples_of(rows)
        info = parse_info(self._command(target, b"show info\n"))
        own: list[Sample] = [(metric, {}, _number(info.get(name, ""), scale)) for name, metric, scale in _INFO]
        about = {"version": label(info.get("Version", ""), 100), "taken_out": taken_out(rows), "left_out": left_out}
        return Answered([*own, *samples], about)

    def _command(self, target: Target, command: bytes) -> str:
        with Dialogue(target.address, self.timeout_seconds) as dialogue:
            dialogue.send(command)
            return decode(dialogue.rest(_BYTES_MAX))
