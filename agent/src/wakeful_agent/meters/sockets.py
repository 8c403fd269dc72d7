"""Sockets in use, and the firewall's table of connections."""

from __future__ import annotations

from contextlib import suppress

from wakeful_agent.host.errors import Absent, HostError
from wakeful_agent.host.parsing import parser
from wakeful_agent.meter import Columns, Meter, NoData, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_PROTOCOLS = {"TCP": "tcp", "UDP": "udp", "UDPLITE": "udplite", "RAW": "raw"}
_CONNTRACK = {"count": "proc/sys/net/netfilter/nf_conntrack_count", "limit": "proc/sys/net/netfilter/nf_conntrack_max"}


@parser("proc/net/sockstat")
def parse_sockstat(text: str) -> dict[str, int]:
    """Return sockets in use by protocol, of all kinds under `all`, and those in `time_wait`; the same for sockstat6.

    Source: net/ipv4/proc.c and net/ipv6/proc.c in Linux.
    """
    found: dict[str, int] = {}
    for line in text.splitlines():
        name, _, rest = line.partition(": ")
        words = rest.split()
        if name == "sockets":
            found["all"] = int(words[words.index("used") + 1])
            continue
        if name == "TCP":
            found["time_wait"] = int(words[words.index("tw") + 1])
        if name.rstrip("6") in _PROTOCOLS:
            protocol = _PROTOCOLS[name.rstrip("6")]
            found[protocol] = found.get(protocol, 0) + int(words[words.index("inuse") + 1])
    return found


@parser("proc/net/snmp")
def parse_established(text: str) -> int:
    """Return how many TCP connections are established (or wait for their program to close). Source: RFC 4022."""
    names, figures = (line.split() for line in text.splitlines() if line.startswith("Tcp: "))
    return int(figures[names.index("CurrEstab")])


def _make(key: str) -> list[Series]:
    if key in _CONNTRACK:
        return [series(f"system.network.conntrack.{key}")]
    if key in {"established", "time_wait"}:
        return [series("system.network.connections", protocol="tcp", state=key)]
    if key == "all":
        return [series("system.network.sockets.used")]
    return [series("system.network.sockets", protocol=key)]


class SocketsMeter(Meter):
    """Sockets by protocol (IPv4 and IPv6 together), TCP connections, and conntrack where the kernel has it loaded.

    The two states that matter at every tick come from the kernel's own counts, which cost nothing; see the ports meter
    for the others.
    """

    name = "sockets"
    source = "proc/net/sockstat"

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return the counts."""
        found: dict[str, int] = {}
        for path in ("proc/net/sockstat", "proc/net/sockstat6"):
            try:
                counted = parse_sockstat(host.kept(path))
            except Absent:
                continue
            for name, count in counted.items():
                found[name] = found.get(name, 0) + count
        with suppress(HostError):
            found["established"] = parse_established(host.kept("proc/net/snmp"))
        for name, path in _CONNTRACK.items():
            with suppress(HostError, ValueError):  # not loaded, or another namespace's matter
                found[name] = int(host.kept(path))
        if not found:
            raise NoData("this kernel keeps no socket statistics")
        return Reading(self._columns.of(list(found)), list(found.values()))
