"""Who listens where, and TCP connections by state."""

from __future__ import annotations

import sys
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Iterable, NamedTuple

from wakeful_agent.host.errors import Absent, Malformed
from wakeful_agent.host.processes import process_name, socket_owners
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Reading
from wakeful_wire.schema import Series, series

if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

STATES = {
    "01": "established",
    "02": "syn_sent",
    "03": "syn_recv",
    "04": "fin_wait_1",
    "05": "fin_wait_2",
    "06": "time_wait",
    "07": "close",
    "08": "close_wait",
    "09": "last_ack",
    "0A": "listen",
    "0B": "closing",
    "0C": "syn_recv",
}
_LISTEN, _UNCONNECTED = "0A", "07"
_TABLES = ("tcp", "tcp6", "udp", "udp6")
_PORTS_MAX = 1_000
_EPHEMERAL_FROM = 32_768


class Listener(NamedTuple):
    """A socket that waits for others."""

    protocol: str
    address: str
    port: int
    inode: int


def parse_sockets(lines: Iterable[str], protocol: str) -> tuple[list[Listener], dict[str, int]]:
    """Return the listening sockets of one table and how many sockets are in each state (by its two hex digits).

    Raises Malformed. Source: proc_pid_net(5).
    """
    listeners = []
    states: dict[str, int] = {}
    rows = iter(lines)
    next(rows, None)
    waiting = _LISTEN if protocol == "tcp" else _UNCONNECTED
    for line in rows:
        fields = line.split(None, 10)
        try:
            state = fields[3]
            states[state] = states.get(state, 0) + 1
            if state == waiting:
                address, port = fields[1].split(":")
                listeners.append(Listener(protocol, parse_address(address), int(port, 16), int(fields[9])))
        except (ValueError, IndexError) as error:
            raise Malformed(f"/proc/net/{protocol}: is not as documented ({error})") from None
    return listeners, states


def parse_address(text: str) -> str:
    """Return the address of /proc/net/tcp or tcp6, which is written as words in the machine's own byte order."""
    raw = b"".join(int(text[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(text), 8))
    return str(IPv4Address(raw) if len(raw) == 4 else IPv6Address(raw))


def rows(listeners: list[Listener], v6_only: bool, ephemeral_from: int) -> list[tuple[Listener, str]]:
    """Return each listener once with its family: v4, v6, or dual for one IPv6 socket that takes IPv4 as well.

    Whether a socket is dual cannot be read; it is when nobody else has the port on all IPv4 addresses and the
    machine does not bind IPv6 alone by default. UDP sockets on ephemeral ports are clients, and left out.
    """
    taken = {(one.protocol, one.port) for one in listeners if one.address == "0.0.0.0"}  # noqa: S104 - only compared
    found: dict[tuple[str, str, int], tuple[Listener, str]] = {}
    for one in listeners:
        if one.protocol == "udp" and one.port >= ephemeral_from:
            continue
        family = "v6" if ":" in one.address else "v4"
        if one.address == "::" and not v6_only and (one.protocol, one.port) not in taken:
            family = "dual"
        found.setdefault((one.protocol, one.address, one.port), (one, family))
    return [found[key] for key in sorted(found, key=lambda key: (key[0], key[2], key[1]))]


def _make(state: str) -> list[Series]:
    return [series("system.network.connections", protocol="tcp", state=state)]


class PortsMeter(Meter):
    """TCP connections by state (IPv4 and IPv6 together), and the inventory `ports` of what listens.

    The process behind a port is looked for once, when the port is first seen: that costs a walk over all descriptors.
    """

    name = "ports"
    source = "proc/net/tcp"
    interval_seconds = 60.0
    budget_seconds = 10.0

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._owners: dict[int, dict[str, Any]] = {}

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return the number of connections in each state, and the inventory."""
        listeners: list[Listener] = []
        counts = dict.fromkeys(STATES.values(), 0)
        absent = 0
        for table in _TABLES:
            try:
                found, states = parse_sockets(host.lines(f"proc/net/{table}"), table.rstrip("6"))
            except Absent:
                absent += 1
                continue
            listeners += found
            if table.startswith("tcp"):
                for state, count in states.items():
                    counts[STATES.get(state, "close")] += count
        if absent == len(_TABLES):
            raise NoData("the kernel lists no sockets here")
        return Reading(
            self._columns.of(list(counts)), list(counts.values()), {"ports": self._document(host, listeners)}
        )

    def _document(self, host: Host, listeners: list[Listener]) -> list[dict[str, Any]]:
        low = host.optional("proc/sys/net/ipv4/ip_local_port_range").split()
        ephemeral_from = int(low[0]) if low and low[0].isdigit() else _EPHEMERAL_FROM
        v6_only = host.optional("proc/sys/net/ipv6/bindv6only") == "1"
        chosen = rows(listeners, v6_only, ephemeral_from)[:_PORTS_MAX]
        self._learn(host, {one.inode for one, _ in chosen})
        return [
            {"protocol": one.protocol, "family": family, "address": one.address, "port": one.port}
            | self._owners[one.inode]
            for one, family in chosen
        ]

    def _learn(self, host: Host, inodes: set[int]) -> None:
        unknown = {inode for inode in inodes if not self._is_current(host, inode)}
        owners = socket_owners(host, unknown) if unknown else {}
        learnt = {inode: self._owners[inode] for inode in inodes - unknown}
        for inode in unknown:
            pid = owners.get(inode)
            learnt[inode] = {} if pid is None else {"pid": pid, "process": label(process_name(host, pid))}
        self._owners = learnt

    def _is_current(self, host: Host, inode: int) -> bool:
        owner = self._owners.get(inode)
        return owner is not None and (not owner or host.exists(f"proc/{owner['pid']}"))
