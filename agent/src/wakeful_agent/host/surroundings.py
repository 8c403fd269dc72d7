"""What a machine tells of the networks it stands in, so that it can be woken, or can wake others there.

The gateway's hardware address says which of the many networks 192.168.1.0/24 of this world it is.
"""

from __future__ import annotations

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.links import links
from wakeful_agent.host.neighbours import neighbours, parse_gateways
from wakeful_agent.host.text import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.host.files import Host

LINKS_MAX = 32
ADDRESSES_MAX = 16


class Surroundings:
    """Remembers the gateways' hardware addresses: the kernel forgets them while nobody speaks through the gateway."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._macs: dict[tuple[str, str], str] = {}

    def document(self) -> list[dict[str, Any]]:
        """Return one row a link that leads somewhere (see `hello.networks` of the wire); nothing where none is told."""
        try:
            found = [link for link in links(self._host) if not link.internal and link.mac][:LINKS_MAX]
            gateways = parse_gateways(self._host.read("proc/net/route"))
            self._learn(gateways)
        except HostError:
            return []
        rows = []
        for link in found:
            row: dict[str, Any] = {
                "interface": label(link.name),
                "kind": link.kind,
                "mac": link.mac,
                "addresses": [f"{one.address}/{one.prefix}" for one in link.networks[:ADDRESSES_MAX]],
            }
            gateway = gateways.get(link.name)
            if gateway:
                row["gateway"] = gateway
                row["gateway_mac"] = self._macs.get((link.name, gateway), "")
            if link.armed is not None:
                row["armed"] = link.armed
            rows.append(row)
        return rows

    def _learn(self, gateways: dict[str, str]) -> None:
        known = {(one.interface, one.address): one.mac for one in neighbours(self._host)}
        for key in gateways.items():
            if key in known:
                self._macs[key] = known[key]
