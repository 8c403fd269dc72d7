"""What `tailscale status --json` says of this machine and its tailnet."""

from __future__ import annotations

import json

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TEXT_CHARACTERS_MAX = 256
_NUMBER_MAX = 2**63
_ADDRESSES_MAX = 8


class Node(NamedTuple):
    """A machine of the tailnet; bytes are counted since this machine's tailscaled started."""

    name: str
    os: str
    online: bool
    received: int | None
    sent: int | None
    addresses: tuple[str, ...]
    exit_node: bool
    expired: bool


class Tailnet(NamedTuple):
    """The whole: `state` is tailscaled's (`Running`, `Stopped`, `NeedsLogin`, ...), `key_expiry` its text or empty."""

    version: str
    state: str
    own: Node | None
    peers: tuple[Node, ...]
    problems: tuple[str, ...]
    key_expiry: str


def parse_status(text: str) -> Tailnet:
    """Read the status; raise Malformed when it is none. Links for logging in, keys and users are passed over.

    Source: the type `Status` of the package ipn/ipnstate of Tailscale.
    """
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("BackendState"), str):
        raise Malformed("tailscale status --json: is not as documented")
    own = said.get("Self")
    own = own if isinstance(own, dict) else {}
    peers = said.get("Peer")
    items = peers.values() if isinstance(peers, dict) else ()
    nodes = [_node(item) for item in items if isinstance(item, dict)]
    health = said.get("Health")
    return Tailnet(
        version=_text(said.get("Version")).partition("-")[0],
        state=_text(said["BackendState"]),
        own=_node(own) if own else None,
        peers=tuple(_told_apart([node for node in nodes if node.name])),
        problems=tuple(_text(one) for one in health if isinstance(one, str)) if isinstance(health, list) else (),
        key_expiry=_text(own.get("KeyExpiry")),
    )


def _node(item: dict[str, Any]) -> Node:
    addresses = item.get("TailscaleIPs")
    return Node(
        name=_text(item.get("DNSName")).partition(".")[0] or _text(item.get("HostName")),
        os=_text(item.get("OS")),
        online=item.get("Online") is True,
        received=_count(item.get("RxBytes")),
        sent=_count(item.get("TxBytes")),
        addresses=tuple(_text(one) for one in addresses[:_ADDRESSES_MAX]) if isinstance(addresses, list) else (),
        exit_node=item.get("ExitNode") is True,
        expired=item.get("Expired") is True,
    )


def _told_apart(nodes: list[Node]) -> list[Node]:
    """Return the nodes, each with a name of its own (machines shared by others may bear the same one).

    In the order of their addresses, which stay: by what they have sent, two of one name would take turns.
    """
    seen: dict[str, int] = {}
    found = []
    for node in sorted(nodes, key=lambda one: (one.name, one.addresses)):
        seen[node.name] = number = seen.get(node.name, 0) + 1
        found.append(node if number == 1 else node._replace(name=f"{node.name} #{number}"))
    return found


def _text(value: Any) -> str:
    return label(value, _TEXT_CHARACTERS_MAX) if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < _NUMBER_MAX else None
