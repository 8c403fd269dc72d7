"""Named ports: whether they take connections, and how long that takes."""

from __future__ import annotations

from wakeful_agent.host.errors import HostError
from wakeful_agent.meter import Option
from wakeful_agent.network.knock import first_knock
from wakeful_agent.network.place import parse_place
from wakeful_agent.service import TIMEOUT, Answered, ServiceMeter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host
    from wakeful_agent.network.targets import Target


class PortCheckMeter(ServiceMeter):
    """Connects to every target and hangs up."""

    name = "port_check"
    collector_targets = True
    prefix = "port"
    interval_seconds = 30.0
    fix = '[meters.port_check] targets = ["mail=mail.example.org:25"] in agent.toml'
    exposes = "each check tells the place asked that this machine is there"
    options = (
        Option("targets", [], "ports: [NAME=]HOST:PORT, or unix:/path of a socket", local=True),
        TIMEOUT,
    )

    @property
    def longest_seconds(self) -> float:
        """How long one knock takes at most, with a second for a busy machine."""
        return self.timeout_seconds + 1.0

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Knock at one port."""
        place = parse_place(target.address)
        found = first_knock(place, self.timeout_seconds)
        if not found.taken:
            raise HostError(f"nothing listens at {place.text}")
        return Answered([("port.latency", {}, round(found.seconds, 6))])
