"""A neighbour that should be awake: woken when it does not answer."""

from __future__ import annotations

from time import sleep

from wakeful_agent.action import Outcome
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.wake import PORT, parse_mac, read_password
from wakeful_agent.network.waking import Wish, look, parse_check, wake
from wakeful_agent.options import Option
from wakeful_agent.watch import DOWN, UP, Sight
from wakeful_agent.watches.looked import INTERVAL, TIMEOUT, Looked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.host.files import Host

PAUSE_SECONDS = 1.0


class HostWatch(Looked):
    """Asks by TCP or ping whether it is up, and sends it magic packets."""

    kind = "host"
    acts = True
    options = (
        Option("mac", "", "the hardware address that is woken", local=True),
        Option("check", "", "how one sees that it is up: tcp:HOST:PORT or ping:HOST", local=True),
        Option("address", "", "where the packet is sent; the broadcast of every network here, if empty", local=True),
        Option("interface", "", "the interface it leaves by", local=True),
        Option("port", PORT, "the UDP port it is sent to", local=True, least=1, most=65_535),
        Option("repeat", 3, "how many packets an attempt has", local=True, least=1, most=20),
        Option("password_file", "", "the file with the SecureOn password", local=True),
        TIMEOUT,
        INTERVAL,
    )
    required = ("mac", "check")

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with address and check."""
        problems = []
        for name, parse in (("mac", parse_mac), ("check", parse_check)):
            try:
                if options.get(name):
                    parse(str(options[name]))
            except HostError as error:
                problems.append(f"{name} {error}")
        return problems

    @classmethod
    def subject(cls, options: Mapping[str, Any]) -> str:
        """Return the hardware address."""
        return parse_mac(str(options["mac"])) if options.get("mac") else ""

    def look(self, host: Host, now_ms: int) -> Sight:
        """Return whether it is up."""
        why_not = look(parse_check(str(self.chosen["check"])), self.timeout_seconds)
        return Sight(DOWN, why_not) if why_not else Sight(UP)

    def repair(self, host: Host, now_ms: int) -> Outcome:
        """Send the packets; whether it wakes is seen by looking."""
        path = str(self.chosen["password_file"])
        wish = Wish(
            parse_mac(str(self.chosen["mac"])),
            str(self.chosen["address"]),
            str(self.chosen["interface"]),
            int(self.chosen["port"]),
            read_password(host, path) if path else b"",
        )
        sent: list[str] = []
        for number in range(int(self.chosen["repeat"])):
            if number:
                sleep(PAUSE_SECONDS)
            sent = wake(host, wish)
        return Outcome(True, f"{self.chosen['repeat']} packets were sent: {'; '.join(sent)}")
