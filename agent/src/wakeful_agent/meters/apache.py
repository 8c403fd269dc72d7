"""Apache httpd: requests, workers and connections, from its own status page (mod_status)."""

from __future__ import annotations

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import decode, label
from wakeful_agent.network.targets import Target, shown_address
from wakeful_agent.page_service import PageMeter
from wakeful_agent.service import Answered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping

    from wakeful_agent.host.files import Host

_PAGE_BYTES_MAX = 1024 * 1024
_NUMBERS: tuple[tuple[str, str, Mapping[str, str], float], ...] = (
    ("ServerUptimeSeconds", "apache.uptime", {}, 1),
    ("Total Accesses", "apache.requests", {}, 1),
    ("Total kBytes", "apache.traffic", {}, 1024),
    ("Total Duration", "apache.request.time", {}, 0.001),
    ("CPUUser", "apache.cpu.time", {"level": "self", "mode": "user"}, 1),
    ("CPUSystem", "apache.cpu.time", {"level": "self", "mode": "system"}, 1),
    ("CPUChildrenUser", "apache.cpu.time", {"level": "children", "mode": "user"}, 1),
    ("CPUChildrenSystem", "apache.cpu.time", {"level": "children", "mode": "system"}, 1),
    ("BusyWorkers", "apache.workers", {"state": "busy"}, 1),
    ("IdleWorkers", "apache.workers", {"state": "idle"}, 1),
    ("ConnsTotal", "apache.connections.current", {}, 1),
    ("ConnsAsyncWriting", "apache.connections.async", {"state": "writing"}, 1),
    ("ConnsAsyncKeepAlive", "apache.connections.async", {"state": "keepalive"}, 1),
    ("ConnsAsyncClosing", "apache.connections.async", {"state": "closing"}, 1),
)
_SCORES = {
    "_": "waiting",
    "S": "starting",
    "R": "reading",
    "W": "sending",
    "K": "keepalive",
    "D": "dnslookup",
    "C": "closing",
    "L": "logging",
    "G": "finishing",
    "I": "idle_cleanup",
    ".": "open",
}


def parse_status(text: str) -> dict[str, str]:
    """Read the page's lines of `Name: value`; raise Malformed when it is another page. Source: mod_status, ?auto."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(": ")
        if colon:
            fields.setdefault(name.strip(), value.strip())
    if "Scoreboard" not in fields or "BusyWorkers" not in fields:
        raise Malformed("is not Apache's status page for programs (?auto)")
    return fields


def samples_of(fields: Mapping[str, str]) -> list[tuple[str, Mapping[str, str], float | None]]:
    """Return the samples; a field that this version, this way of working or ExtendedStatus Off leaves out has none."""
    samples = [
        (metric, labels, _number(fields[name], scale)) for name, metric, labels, scale in _NUMBERS if name in fields
    ]
    board = fields["Scoreboard"]
    scores = [("apache.scoreboard", {"state": state}, float(board.count(mark))) for mark, state in _SCORES.items()]
    return [*samples, *scores]


def _number(text: str, scale: float) -> float | None:
    """Return the number; Apache writes `.25` for less than one."""
    if len(text) > 30 or not text.replace(".", "", 1).isdigit() or not text.isascii():
        return None
    return float(text) * scale


class ApacheMeter(PageMeter):
    """Reads server-status?auto of every target."""

    name = "apache"
    collector_targets = True
    source = "etc/apache2/"
    fix = "a2enmod status && apachectl graceful"
    exposes = "counts and times of requests, to this machine alone; with ExtendedStatus the page also shows recent URLs"

    def usual(self, host: Host) -> list[Target]:
        """Return the page that distributions set up."""
        return [Target("http://127.0.0.1/server-status", "http://127.0.0.1/server-status?auto")]

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Read one page."""
        url = target.address if "?" in target.address else target.address + "?auto"
        found = self.page(host, url, most=_PAGE_BYTES_MAX)
        try:
            fields = parse_status(decode(found.body))
        except Malformed as error:
            raise Malformed(f"{shown_address(url)} {error}") from None
        about = {"version": fields.get("ServerVersion", ""), "mpm": fields.get("ServerMPM", "")}
        return Answered(samples_of(fields), {name: label(value, 100) for name, value in about.items()})
