"""Named machines: whether anything comes back from them, how fast, and what is lost on the way.

A TCP connection is tried always (taken or refused, both are answers); ICMP too, where this user's group may.
"""

from __future__ import annotations

from time import sleep

from wakeful_agent.capabilities import Capability
from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.text import label
from wakeful_agent.meter import Option
from wakeful_agent.network.icmp import check, echo
from wakeful_agent.network.knock import ends_of, knock
from wakeful_agent.network.place import parse_place
from wakeful_agent.service import Answered, ServiceMeter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

    from wakeful_agent.host.files import Host
    from wakeful_agent.network.knock import End
    from wakeful_agent.network.place import Place
    from wakeful_agent.network.targets import Target

PORT = 443
PAUSE_SECONDS = 0.2
_GRANT = 'echo "net.ipv4.ping_group_range = 0 2147483647" > /etc/sysctl.d/60-ping.conf && sysctl --system'
_EXPOSES = "every user may send ICMP echo requests, as most distributions let them"


def samples_of(protocol: str, seconds: Sequence[float | None]) -> list[tuple[str, dict[str, str], float | None]]:
    """Return least, mean and most of the answers' times and the share that was lost."""
    came = [round(one, 6) for one in seconds if one is not None]
    kinds = (min(came), round(sum(came) / len(came), 6), max(came)) if came else (None, None, None)
    return [
        *(
            ("ping.latency", {"protocol": protocol, "kind": kind}, value)
            for kind, value in zip(("least", "mean", "most"), kinds)
        ),
        ("ping.loss", {"protocol": protocol}, 1 - len(came) / len(seconds)),
    ]


class PingMeter(ServiceMeter):
    """Asks every target a few times over TCP, and over ICMP where that is allowed."""

    name = "ping"
    collector_targets = True
    interval_seconds = 30.0
    fix = '[meters.ping] targets = ["gateway=192.0.2.1", "dc2=host.example.org:22"] in agent.toml'
    exposes = "each ping tells the place asked that this machine is there"
    options = (
        Option("targets", [], f"machines: [NAME=]HOST or HOST:PORT; the port is {PORT} if none is said", local=True),
        Option("timeout_seconds", 1.0, "how long one answer may take", least=0.1, most=2.0),
        Option("count", 3, "how often each is asked, over each protocol", least=1, most=10),
    )

    def probe(self, host: Host) -> Capability:
        """Say whether there are targets, and whether ICMP may be used for them."""
        found = super().probe(host)
        if not found.available:
            return found
        try:
            check()
        except HostError as error:
            return Capability(self.name, True, f"{found.reason}, over TCP alone: {error}", _GRANT, _EXPOSES)
        return found

    @property
    def longest_seconds(self) -> float:
        """How long one machine takes at most, over both protocols."""
        return 2 * self._count * (self.timeout_seconds + PAUSE_SECONDS) + 1.0

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Ask one machine; nothing over either protocol means that it is down."""
        place = parse_place(target.address, PORT)
        if place.kind != "tcp":
            raise Malformed(f"{place.text} is no machine: give its name or address")
        end = ends_of(place)[0]
        tcp, problem = self._knocks(place, end)
        samples = samples_of("tcp", tcp)
        came = any(one is not None for one in tcp)
        about = {"address": label(str(end.address[0])), "port": place.port, "icmp": "used"}
        try:
            echoes = echo(end.family, (end.address[0], 0, *end.address[2:]), self._count, self.timeout_seconds)
        except Denied:
            about["icmp"] = "not allowed"
        except HostError as error:
            about["icmp"] = label(str(error), 200)
            samples += samples_of("icmp", [None])
        else:
            samples += samples_of("icmp", echoes)
            came = came or any(one is not None for one in echoes)
        return Answered(samples, about, "" if came else problem)

    @property
    def _count(self) -> int:
        return int(self.chosen["count"])

    def _knocks(self, place: Place, end: End) -> tuple[list[float | None], str]:
        seconds: list[float | None] = []
        problem = ""
        for number in range(self._count):
            if number:
                sleep(PAUSE_SECONDS)
            try:
                seconds.append(knock(place, end, self.timeout_seconds).seconds)
            except HostError as error:
                problem = problem or str(error)
                seconds.append(None)
        return seconds, problem
