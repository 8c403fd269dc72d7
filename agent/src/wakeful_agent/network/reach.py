"""A look at the way to a place, step by step: its name, its port, its certificate. For `doctor`."""

from __future__ import annotations

import socket

from wakeful_agent.host.errors import HostError
from wakeful_agent.network.dialogue import Dialogue
from wakeful_agent.network.place import Place
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.config.address import Address


class Step(NamedTuple):
    """One step: dns, port or tls; whether it went well, and a sentence."""

    name: str
    good: bool
    text: str
    expires_ms: int | None = None


def look(
    address: Address, through: Address | None, ca_file: str | None, fingerprint: str | None, timeout_seconds: float
) -> list[Step]:
    """Return the steps to `address` as far as they go; with a proxy (`through`), those to the proxy alone."""
    first = through or address
    place = Place("tcp", first.host, first.port)
    try:
        found = resolve(first.host)
    except HostError as error:
        return [Step("dns", False, str(error))]
    steps = [Step("dns", True, f"{first.host} is {', '.join(found)}")]
    try:
        with Dialogue(place, timeout_seconds):
            steps.append(Step("port", True, f"{place.text} takes connections"))
        if address.scheme == "https" and through is None:
            with Dialogue(place, timeout_seconds, True, ca_file, fingerprint) as dialogue:
                text = "its certificate is the pinned one" if fingerprint else "its certificate is trusted"
                steps.append(Step("tls", True, text, dialogue.certificate_expires_ms))
    except HostError as error:
        steps.append(Step("tls" if len(steps) > 1 else "port", False, str(error)))
    return steps


def resolve(host: str) -> list[str]:
    """Return the addresses of a name (an address is its own), at most four; raise HostError."""
    try:
        name: Any = host.encode("ascii")
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HostError(f"the name {host} cannot be looked up: {getattr(error, 'strerror', None) or error}") from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))[:4]
