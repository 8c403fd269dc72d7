"""How long a connection takes to be answered, taken or refused: both come from the other end. Nothing is said on it."""

from __future__ import annotations

import socket
from time import monotonic

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.network.dialogue import translated
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.network.place import Place


class End(NamedTuple):
    """An address to connect to, as the socket takes it."""

    family: int
    address: Any


class Knock(NamedTuple):
    """How long the answer took, and whether the connection was taken."""

    seconds: float
    taken: bool


def ends_of(place: Place) -> list[End]:
    """Return the addresses of a place, its name looked up; raise HostError when it has none, Malformed for UDP."""
    if place.kind == "unix":
        return [End(socket.AF_UNIX, place.path)]
    if place.kind != "tcp":
        raise Malformed(f"{place.text} is not an address of TCP")
    try:
        found = socket.getaddrinfo(place.host.encode("ascii"), place.port, 0, socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise translated(error, place, 0) from None
    return [End(family, address) for family, _, _, _, address in found]


def knock(place: Place, end: End, timeout_seconds: float) -> Knock:
    """Connect and hang up; raise Late, Absent, Denied or HostError when nothing comes back."""
    channel = socket.socket(end.family, socket.SOCK_STREAM)
    with channel:
        channel.settimeout(timeout_seconds)
        begun = monotonic()
        try:
            channel.connect(end.address)
        except ConnectionRefusedError:
            return Knock(monotonic() - begun, False)
        except OSError as error:
            raise translated(error, place, timeout_seconds) from None
        return Knock(monotonic() - begun, True)


def first_knock(place: Place, timeout_seconds: float) -> Knock:
    """Knock at the addresses of a place until one takes the connection; else return or raise as the last one ended."""
    ends = ends_of(place)
    deadline = monotonic() + timeout_seconds
    last: Knock | HostError = HostError(f"the name {place.text} has no address")
    for number, end in enumerate(ends):
        try:
            last = knock(place, end, max((deadline - monotonic()) / (len(ends) - number), 0.001))
        except HostError as error:
            last = error
            continue
        if last.taken:
            break
    if isinstance(last, HostError):
        raise last
    return last
