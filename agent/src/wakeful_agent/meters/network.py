"""What network interfaces carry, and what they are."""

from __future__ import annotations

from wakeful_agent.host.addresses import addresses
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.interfaces import Interface, interface, is_up, link_speed
from wakeful_agent.host.parsing import parser
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Option, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.host.files import Host

_SLOW_MS = 60_000
_INTERFACES_MAX = 400
_NAMES = ("io", "packets", "errors", "dropped")
_PLUGGED_KINDS = ("virtual", "tunnel", "unknown")


@parser("proc/net/dev")
def parse_net_dev(text: str) -> dict[str, list[int]]:
    """Return by interface received bytes, packets, errors, drops and the same transmitted. Source: proc_pid_net(5)."""
    found = {}
    for line in text.splitlines()[2:]:
        name, _, rest = line.rpartition(":")
        if name:
            counts = rest.split()
            found[name.strip()] = [int(count) for count in (*counts[0:4], *counts[8:12])]
    return found


def _make(name: str) -> list[Series]:
    device = label(name)
    counters = [
        series(f"system.network.{what}", device=device, direction=direction)
        for direction in ("receive", "transmit")
        for what in _NAMES
    ]
    return [
        *counters,
        series("system.network.link.up", device=device),
        series("system.network.link.speed", device=device),
    ]


class NetworkMeter(Meter):
    """Counters and link of each interface; the inventory `network` says what each is, looked at once a minute."""

    name = "network"
    source = "proc/net/dev"
    options = (
        Option("bridge_ports", False, "Measure virtual interfaces that are plugged into a bridge too (veth, tap)"),
        Option("left_out", [], "Names of interfaces to leave out; a * at the end stands for any rest"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._names: list[str] = []
        self._known: dict[str, Interface] = {}
        self._speeds: dict[str, float | None] = {}
        self._shown: list[str] = []

    def configure(self, options: Mapping[str, Any]) -> None:
        """Take the options, and choose the interfaces anew at the next reading."""
        super().configure(options)
        self._looked_ms: int | None = None

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return counters, link state and speed of each interface that is not left out."""
        counted = parse_net_dev(host.kept(self.source))
        if not counted:
            raise NoData("there is no network interface here")
        looked = self._look(host, list(counted), now_ms)
        values: list[float | None] = []
        for name in self._shown:
            up = is_up(host, name)
            values += counted[name]
            values += (None if up is None else float(up), self._speeds[name])
        return Reading(self._columns.of(self._shown), values, {"network": self._document(host)} if looked else {})

    def _look(self, host: Host, names: list[str], now_ms: int) -> bool:
        old = self._looked_ms is None or not 0 <= now_ms - self._looked_ms < _SLOW_MS
        if not old and names == self._names:
            return False
        self._looked_ms = now_ms
        self._names = names
        self._known = {name: interface(host, name) for name in names}
        self._shown = [name for name in names if self._wanted(self._known[name])][:_INTERFACES_MAX]
        self._speeds = {name: link_speed(host, name) for name in self._shown}
        return True

    def _wanted(self, one: Interface) -> bool:
        if one.master and one.kind in _PLUGGED_KINDS and not self.chosen["bridge_ports"]:
            return False
        return not any(
            one.name.startswith(pattern[:-1]) if pattern.endswith("*") else one.name == pattern
            for pattern in self.chosen["left_out"]
        )

    def _document(self, host: Host) -> list[dict[str, Any]]:
        try:
            found = addresses(host)
        except HostError:  # no netlink here: the rest of the document is still worth having
            found = {}
        return [
            {
                "name": label(one.name),
                "kind": one.kind,
                "mac": label(one.mac),
                "mtu": one.mtu,
                "master": label(one.master),
                "members": sorted(label(other.name) for other in self._known.values() if other.master == one.name),
                "addresses": sorted(found.get(one.name, [])),
            }
            for one in list(self._known.values())[:_INTERFACES_MAX]
        ]
