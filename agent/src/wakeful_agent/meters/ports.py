"""Who listens where, and the rarer states of TCP connections."""

from __future__ import annotations

from wakeful_agent.host.errors import Absent
from wakeful_agent.host.listeners import STATES, Listener, connections, listeners
from wakeful_agent.host.processes import process_name, socket_owners
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Option, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.host.files import Host

_PORTS_MAX = 1_000
_EPHEMERAL_FROM = 32_768
_EVERY_TICK = ("established", "time_wait")  # the sockets meter has these
_COUNTED = [state for state in dict.fromkeys(STATES.values()) if state not in (*_EVERY_TICK, "listen")]


def rows(found: list[Listener], v6_only: bool, ephemeral_from: int) -> list[tuple[Listener, str]]:
    """Return each listener once with its family: v4, v6, or dual for one IPv6 socket that takes IPv4 as well.

    Where the kernel does not tell, a socket on all IPv6 addresses is taken for dual when nobody else has its port on
    all IPv4 addresses and the machine does not bind IPv6 alone by default (`v6_only`). UDP sockets on ephemeral ports
    are clients, and left out.
    """
    taken = {(one.protocol, one.port) for one in found if one.address == "0.0.0.0"}  # noqa: S104 - only compared
    chosen: dict[tuple[str, str, int], tuple[Listener, str]] = {}
    for one in found:
        if one.protocol == "udp" and one.port >= ephemeral_from:
            continue
        alone = (v6_only or (one.protocol, one.port) in taken) if one.v6_only is None else one.v6_only
        family = "v6" if ":" in one.address else "v4"
        if one.address == "::" and not alone:
            family = "dual"
        chosen.setdefault((one.protocol, one.address, one.port), (one, family))
    return [chosen[key] for key in sorted(chosen, key=lambda key: (key[0], key[2], key[1]))]


def _make(state: str) -> list[Series]:
    return [series("system.network.connections", protocol="tcp", state=state)]


class PortsMeter(Meter):
    """The inventory `ports` of what listens, and how many TCP sockets listen or are in a rarer state.

    The process behind a port is looked for once, when the port is first seen: that costs a walk over all descriptors.
    The rarer states cost the kernel a walk over its table of connections, so they are counted every five minutes.
    """

    name = "ports"
    source = "proc/net/"
    interval_seconds = 60.0
    budget_seconds = 10.0
    options = (
        Option("states", True, "Count TCP connections in rarer states (close_wait, syn_recv, ...)"),
        Option("states_seconds", 300, "How often they are counted", least=15, most=86_400),
    )

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._counted_ms: int | None = None
        self._owners: dict[int, dict[str, Any]] = {}

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return the number of sockets in each state (None where not counted this time), and the inventory."""
        found: list[Listener] = []
        absent = 0
        for protocol in ("tcp", "udp"):
            try:
                found += listeners(host, protocol)
            except Absent:
                absent += 1
        if absent == 2:
            raise NoData("the kernel lists no sockets here")
        keys = ["listen"]
        values: list[float | None] = [sum(one.protocol == "tcp" for one in found)]
        if self.chosen["states"]:
            keys += _COUNTED
            values += self._count(host, now_ms)
        return Reading(self._columns.of(keys), values, {"ports": self._document(host, found)})

    def _count(self, host: Host, now_ms: int) -> list[float | None]:
        every_ms = self.chosen["states_seconds"] * 1000
        if self._counted_ms is not None and 0 <= now_ms - self._counted_ms < every_ms:
            return [None] * len(_COUNTED)
        self._counted_ms = now_ms
        try:
            counts = connections(host)
        except Absent:
            return [None] * len(_COUNTED)
        return [counts[state] for state in _COUNTED]

    def _document(self, host: Host, found: list[Listener]) -> list[dict[str, Any]]:
        low = host.optional("proc/sys/net/ipv4/ip_local_port_range").split()
        ephemeral_from = int(low[0]) if low and low[0].isdigit() else _EPHEMERAL_FROM
        v6_only = host.optional("proc/sys/net/ipv6/bindv6only") == "1"
        chosen = rows(found, v6_only, ephemeral_from)[:_PORTS_MAX]
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
