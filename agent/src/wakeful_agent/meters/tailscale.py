"""This machine's place in its tailnet, and the machines it sees there."""

from __future__ import annotations

import datetime

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.errors import Absent, HostError
from wakeful_agent.host.tailscale import Node, Tailnet, parse_status
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, Option, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

_ARGV = ("tailscale", "status", "--json")
_SECONDS = 10.0
_BYTES_MAX = 16 * 1024 * 1024
_RUNNING = "Running"


def _make(peer: str) -> list[Series]:
    if not peer:
        states = [series("tailscale.peers", state=state) for state in ("online", "offline")]
        return [series("tailscale.up"), *states, series("tailscale.key.expires"), series("tailscale.problems")]
    io = [series("tailscale.peer.io", peer=peer, direction=way) for way in ("receive", "transmit")]
    return [series("tailscale.peer.online", peer=peer), *io]


class TailscaleMeter(Meter):
    """Whether the tailnet is joined, which machines of it are online, bytes of each; the inventory is `tailscale`.

    A tailscaled that does not run is `tailscale.up` 0 and a failure; one that was stopped or logged out is 0 alone.
    """

    name = "tailscale"
    source = "usr/bin/tailscale"
    interval_seconds = 60.0
    budget_seconds = 20.0
    aside = True
    fix = "systemctl enable --now tailscaled"
    exposes = "names, addresses and traffic of the machines in the tailnet"
    options = (Option("peers_max", 200, "How many machines have series of their own", least=0, most=1_000),)

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._keys: list[str] = [""]
        self._document: dict[str, Any] = {}

    def probe(self, host: Host) -> Capability:
        """Say whether tailscaled answers."""
        try:
            net = _ask(host)
        except Absent as error:
            return missing(self.name, str(error), "https://tailscale.com/download", self.exposes)
        except HostError as error:
            return missing(self.name, label(str(error)), self.fix, self.exposes)
        return granted(self.name, f"tailscale {net.version} is {net.state}")

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return states and bytes; None for what the machines last had while tailscaled does not answer."""
        try:
            net = _ask(host)
        except Absent:
            raise
        except HostError as error:
            columns = self._columns.of(self._keys)
            return Reading(columns, [0, *[None] * (len(columns) - 1)], {}, error)
        up = net.state == _RUNNING
        peers = sorted(net.peers, key=lambda node: (not node.online, node.name))[: self.chosen["peers_max"]]
        peers.sort()
        online = sum(node.online for node in net.peers) if up else None
        offline = None if online is None else len(net.peers) - online
        values: list[float | None] = [int(up), online, offline, expires_seconds(net, now_ms), len(net.problems)]
        for node in peers:
            values += [int(node.online) if up else None, node.received, node.sent]
        self._keys = ["", *(node.name for node in peers)]
        document = _document(net)
        self._document = self._document if document == self._document else document
        return Reading(self._columns.of(self._keys), values, {"tailscale": self._document})


def expires_seconds(net: Tailnet, now_ms: int) -> float | None:
    """Return how long this machine's key is good, less than 0 when it has ended; None where it does not end."""
    try:
        ends = datetime.datetime.fromisoformat(net.key_expiry[:19] + "+00:00")
    except ValueError:
        return None
    return ends.timestamp() - now_ms / 1000


def _ask(host: Host) -> Tailnet:
    output = host.run(_ARGV, _SECONDS, _BYTES_MAX)
    if output.code and not output.out.lstrip().startswith("{"):
        lines = [line.strip() for line in (output.err or output.out).splitlines() if line.strip()]
        raise HostError(f"tailscale: {label(lines[0], 200)}" if lines else f"tailscale ended with {output.code}")
    return parse_status(output.out)


def _document(net: Tailnet) -> dict[str, Any]:
    own = net.own
    return {
        "version": net.version,
        "state": net.state.lower(),
        "name": own.name if own else "",
        "addresses": list(own.addresses) if own else [],
        "problems": list(net.problems),
        "peers": [_row(node) for node in net.peers],
    }


def _row(node: Node) -> dict[str, Any]:
    return {
        "peer": node.name,
        "state": "expired" if node.expired else "online" if node.online else "offline",
        "os": node.os,
        "addresses": list(node.addresses),
        "exit_node": node.exit_node,
    }
