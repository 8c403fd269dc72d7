"""Waking a machine of this network, and asking if it is up: for the action `wake`, and for watches of neighbours."""

from __future__ import annotations

import socket

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.links import links
from wakeful_agent.host.wake import PORT, hint, packet, send, ways
from wakeful_agent.network.icmp import echo
from wakeful_agent.network.knock import first_knock
from wakeful_agent.network.place import Place, parse_place
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Iterable

    from wakeful_agent.host.files import Host
    from wakeful_agent.host.wake import Way

PING = "ping"
_TCP = "tcp"
ADDRESSES_MAX = 4
"""How many addresses of a name are asked."""


class Wish(NamedTuple):
    """Who is to be woken, and how; see `host.wake.ways` for what address and interface do."""

    mac: str
    address: str = ""
    interface: str = ""
    port: int = PORT
    password: bytes = b""
    raw: bool = False


class Check(NamedTuple):
    """How one sees that a machine is up: it takes connections (`tcp`) or answers echo requests (`ping`)."""

    kind: str
    host: str
    port: int = 0

    @property
    def text(self) -> str:
        """Return it as it is written: `tcp:192.0.2.1:22`."""
        return f"{self.kind}:{Place(self.kind, self.host, self.port).text}" if self.port else f"{self.kind}:{self.host}"


def parse_check(text: str) -> Check:
    """Read `tcp:HOST:PORT` or `ping:HOST`; raise Malformed."""
    kind, _, rest = text.partition(":")
    if kind == _TCP:
        place = parse_place(f"tcp://{rest}")
        return Check(kind, place.host, place.port)
    if kind == PING:
        bare = rest[1:-1] if rest.startswith("[") and rest.endswith("]") else rest
        shown = f"[{bare}]" if bare.count(":") > 1 else bare
        place = parse_place(f"tcp://{shown}:1")
        if place.port == 1:
            return Check(kind, place.host)
    raise Malformed("a check must be tcp:HOST:PORT or ping:HOST")


def look(check: Check, timeout_seconds: float) -> str:
    """Return why the machine is not up as far as the check tells; nothing when it is. Raises Denied for pings."""
    try:
        if check.kind == PING:
            return _ping(check, timeout_seconds)
        found = first_knock(Place("tcp", check.host, check.port), timeout_seconds)
    except Denied:
        raise
    except HostError as error:
        return str(error)
    return "" if found.taken else f"nothing listens at {Place('tcp', check.host, check.port).text}"


def look_where(check: Check, timeout_seconds: float, may_ask: Callable[[str], bool]) -> str:
    """Return what `look` does, asked only at addresses that may be: what a name leads to is judged, not the name.

    `127.1` and a stranger's name can be this machine as well as `localhost`. Raises Denied for pings.
    """
    try:
        found = socket.getaddrinfo(check.host.encode("ascii"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return f"the name {check.host} cannot be looked up: {getattr(error, 'strerror', None) or error}"
    addresses = dict.fromkeys(str(one[4][0]) for one in found)
    why = f"{check.host} is at no address that may be asked"
    for address in [one for one in addresses if may_ask(one)][:ADDRESSES_MAX]:
        why = look(check._replace(host=address), timeout_seconds)
        if not why:
            break
    return why


def wake(host: Host, wish: Wish, permit: Callable[[Iterable[Way]], list[Way]] = list) -> list[str]:
    """Send one packet on every way there is, of those that `permit` leaves; return them in words.

    Raises Denied when none is left, and HostError (with what to do) when none could be sent.
    """
    found = links(host)
    planned = ways(found, wish.address, wish.interface, wish.port, wish.raw)
    allowed = permit(planned)
    if not allowed:
        told = ", ".join(way.address or way.interface for way in planned)
        raise Denied(f"this machine's own file does not permit waking {wish.mac} over {told}")
    content = packet(wish.mac, wish.password)
    sent: list[str] = []
    problems: list[HostError] = []
    for way in allowed:
        try:
            send(way, content)
            sent.append(way.text)
        except HostError as error:
            problems.append(error)
    caution = hint(host, found)
    if not sent:
        raise type(problems[0])("; ".join([*map(str, problems), *([caution] if caution else [])]))
    return sent + ([caution] if caution else [])


def _ping(check: Check, timeout_seconds: float) -> str:
    try:
        found = socket.getaddrinfo(check.host.encode("ascii"), None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        return f"the name {check.host} cannot be looked up: {getattr(error, 'strerror', None) or error}"
    family, _, _, _, address = found[0]
    answered = echo(family, (address[0], 0, *address[2:]), 1, timeout_seconds)
    return "" if answered[0] is not None else f"{check.host} does not answer pings"
