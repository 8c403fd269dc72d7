"""A port that must take connections; what brings it back is a named action."""

from __future__ import annotations

from wakeful_agent.host.errors import Absent, HostError, Late
from wakeful_agent.network.knock import first_knock
from wakeful_agent.network.place import parse_place
from wakeful_agent.options import Option
from wakeful_agent.watch import DOWN, UNKNOWN, UP, Sight
from wakeful_agent.watches.looked import INTERVAL, TIMEOUT, Looked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.host.files import Host
    from wakeful_agent.network.place import Place


def knocked(place: Place, timeout_seconds: float) -> Sight:
    """Return whether a connection is taken: refused or not answered is down, a way that is not there says nothing."""
    try:
        taken = first_knock(place, timeout_seconds).taken
    except (Late, Absent) as error:
        return Sight(DOWN, str(error))
    except HostError as error:
        return Sight(UNKNOWN, str(error))
    return Sight(UP) if taken else Sight(DOWN, f"nothing listens at {place.text}")


class TcpWatch(Looked):
    """Connects and hangs up."""

    kind = "tcp"
    options = (
        Option("address", "", "where: HOST:PORT or unix:/path", local=True),
        TIMEOUT,
        INTERVAL,
    )
    required = ("address",)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the address."""
        try:
            kind = parse_place(str(options.get("address") or "x:1")).kind
        except HostError as error:
            return [f"address {error}"]
        return ["address must be one of TCP: HOST:PORT"] if kind == "udp" else []

    @classmethod
    def subject(cls, options: Mapping[str, Any]) -> str:
        """Return the place."""
        return parse_place(str(options["address"])).text if options.get("address") else ""

    def look(self, host: Host, now_ms: int) -> Sight:
        """Return whether it takes connections."""
        return knocked(parse_place(str(self.chosen["address"])), self.timeout_seconds)
