"""Wakes a machine of this network: sends the packet, again and again, until the machine is seen to be up."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from time import monotonic, sleep

from wakeful_agent.action import CHANGES, Action, Outcome, Parameter
from wakeful_agent.config.waking import parse_wake
from wakeful_agent.daemon.events import WAKE_FAILED, WAKE_SENT, WAKE_SUCCEEDED
from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.wake import PORT, parse_mac, read_password
from wakeful_agent.network.waking import Wish, look_where, parse_check, wake
from wakeful_agent.options import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping

    from wakeful_agent.host.files import Host
    from wakeful_agent.network.waking import Check

WAIT_SECONDS_MAX = 600
PACKETS_UNCHECKED = 3
"""How many packets go out where nobody says how to see that the machine is up: one may be lost."""
_LOOK_SECONDS = 2.0
_PAUSE_SECONDS = 0.5
_MAC = r"[0-9A-Fa-f:.-]{12,17}"
_ADDRESS = r"[0-9.]{7,15}(/[0-9]{1,2})?"
_INTERFACE = r"[^/\s]{1,15}"
_CHECK = r"(tcp:[^\s/@]{1,253}:[0-9]{1,5}|ping:[^\s/@]{1,253})"


class WakeAction(Action):
    """Sends magic packets into networks, or to machines, that agent.toml names; tells each step as an event."""

    name = "wake"
    danger = CHANGES
    help = "Wakes a machine of this network by Wake-on-LAN"
    timeout_seconds = WAIT_SECONDS_MAX + 60.0
    options = (
        Option(
            "targets",
            [],
            'who may be woken: hardware addresses, networks like 192.168.1.0/24, or "*"',
            local=True,
        ),
        Option(
            "check_ports",
            ["22", "80", "443", "445", "3389", "8006"],
            "the TCP ports that may be asked to see whether a machine is up",
            local=True,
        ),
    )

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._targets, self._problems = parse_wake(self.chosen["targets"])

    def takes(self) -> tuple[Parameter, ...]:
        """Return the arguments of a wake."""
        return (
            Parameter("mac", "text", "the hardware address of the machine", pattern=_MAC),
            Parameter("name", "text", "what people call the machine", "", pattern=r".{0,128}"),
            Parameter(
                "address",
                "text",
                "its IPv4 address, with its prefix where that is another network (10.2.0.9/24)",
                "",
                pattern=f"({_ADDRESS})?",
            ),
            Parameter("interface", "text", "the one interface to send over", "", pattern=f"({_INTERFACE})?"),
            Parameter("port", "number", "the UDP port", PORT, least=1, most=65_535),
            Parameter("raw", "flag", "send a raw Ethernet frame instead"),
            Parameter("repeat", "number", "seconds from packet to packet", 3, least=1, most=60),
            Parameter("check", "text", "how to see that it is up: tcp:HOST:PORT or ping:HOST", "", f"({_CHECK})?"),
            Parameter("wait_seconds", "number", "how long it may take to come up", 120, least=1, most=WAIT_SECONDS_MAX),
        )

    def lacks(self) -> str:
        """Say what is missing, or wrong, in the table of who may be woken."""
        if self._problems:
            return "[policy.wake] targets: " + "; ".join(self._problems)
        if not self._targets:
            return '[policy.wake] targets names nobody: name machines (aa:bb:cc:dd:ee:ff), networks, or "*"'
        return ""

    def document(self) -> dict[str, Any]:
        """Return the form it is announced in, with whom this machine may wake."""
        return {**super().document(), "targets": self._targets.document()}

    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        """Send, look, send again; done when the check says that the machine is up, or without one when it was sent."""
        mac = parse_mac(arguments["mac"])
        check = parse_check(arguments["check"]) if arguments["check"] else None
        if check is not None:
            self._judge(check)
        wish = Wish(
            mac,
            arguments["address"],
            arguments["interface"],
            int(arguments["port"]),
            self._password(host, mac),
            bool(arguments["raw"]),
        )
        task = _Task(partial(wake, host, wish, partial(self._targets.permitted, mac)), self.tell)
        task.begin(str(arguments["name"] or mac), {"mac": mac, "check": check.text if check else ""})
        if check is None:
            return task.send_blindly(float(arguments["repeat"]))
        look = partial(look_where, check, _LOOK_SECONDS, self._targets.may_ask)
        return task.send_until_up(look, float(arguments["repeat"]), float(arguments["wait_seconds"]))

    def _judge(self, check: Check) -> None:
        if not self._targets.may_ask(check.host):
            raise Denied(f"this machine's own file does not permit asking {check.host}: [policy.wake] targets")
        if check.port and str(check.port) not in self.chosen["check_ports"]:
            raise Denied(f"this machine's own file does not permit asking port {check.port}: [policy.wake] check_ports")

    def _password(self, host: Host, mac: str) -> bytes:
        path = self._targets.machines.get(mac, "")
        return read_password(host, path) if path else b""


class _Task:
    """One wake: sends, looks, and tells what comes of it."""

    def __init__(self, once: Callable[[], list[str]], tell: Callable[[str, str, Mapping[str, Any]], object]) -> None:
        self._once = once
        self._tell = tell
        self._subject = ""
        self._told: dict[str, Any] = {}
        self._packets = 0

    def begin(self, subject: str, told: dict[str, Any]) -> None:
        """Send the first packet; raise HostError when it goes nowhere."""
        self._subject, self._told = subject, told
        try:
            told["ways"] = self._once()
        except HostError as error:
            self._tell(WAKE_FAILED, subject, {**told, "why": str(error)})
            raise
        self._packets = 1
        self._tell(WAKE_SENT, subject, dict(told))

    def send_blindly(self, repeat_seconds: float) -> Outcome:
        """Send as often as one does without seeing anything."""
        while self._packets < PACKETS_UNCHECKED:
            sleep(repeat_seconds)
            self._again()
        said = f"{self._packets} packets were sent to wake {self._subject}; no check says whether it came up"
        return Outcome(True, said, {**self._told, "packets": self._packets})

    def send_until_up(self, look: Callable[[], str], repeat_seconds: float, wait_seconds: float) -> Outcome:
        """Look and send until the machine is up, or its time is over."""
        begun = sent = monotonic()
        while True:
            why = look()
            seconds = round(monotonic() - begun, 1)
            told = {**self._told, "packets": self._packets, "seconds": seconds}
            if not why:
                self._tell(WAKE_SUCCEEDED, self._subject, told)
                return Outcome(True, f"{self._subject} is up, {seconds:g} s after the first packet", told)
            if seconds >= wait_seconds:
                told["why"] = why
                self._tell(WAKE_FAILED, self._subject, told)
                said = f"{self._subject} is not up after {seconds:g} s and {self._packets} packets: {why}"
                return Outcome(False, said, told)
            sleep(_PAUSE_SECONDS)
            if monotonic() - sent >= repeat_seconds:
                self._again()
                sent = monotonic()

    def _again(self) -> None:
        with suppress(HostError):  # the first one went out: what fails now is a link that flaps while somebody boots
            self._once()
            self._packets += 1
