"""Who may be woken from here, as agent.toml says it: hardware addresses, networks, or everybody. Pure."""

from __future__ import annotations

import re

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.links import address_of, as_number, is_machines6
from wakeful_agent.host.text import label
from wakeful_agent.host.wake import BROADCAST, RAW, parse_mac
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Mapping, Sequence

    from wakeful_agent.host.wake import Way

ANYBODY = "*"
ENTRIES_MAX = 1_000
_NETWORK = re.compile(r"[0-9]+(\.[0-9]+){3}(/[0-9]{1,2})?")


class Range(NamedTuple):
    """A network as its first address, as a number, and the bits that are the same for all of it."""

    first: int
    prefix: int

    def holds(self, number: int) -> bool:
        """Tell whether an address, as a number, lies in it."""
        return (number ^ self.first) >> (32 - self.prefix) == 0


_PRIVATE = (Range(0x0A000000, 8), Range(0xAC100000, 12), Range(0xC0A80000, 16), Range(0x64400000, 10))
"""Networks that no packet leaves for the Internet. Source: RFC 1918, RFC 6598."""

_NEVER = (Range(0, 8), Range(0x7F000000, 8), Range(0xA9FE0000, 16))


class Targets(NamedTuple):
    """Who may be woken: `machines` by hardware address, each with the file of its SecureOn password (or none)."""

    machines: Mapping[str, str] = {}
    networks: Sequence[Range] = ()
    anybody: bool = False

    def document(self) -> dict[str, Any]:
        """Return the form it is announced in: `{"anybody", "machines", "networks"}`, without what files there are."""
        return {
            "anybody": self.anybody,
            "machines": list(self.machines),
            "networks": [f"{address_of(one.first)}/{one.prefix}" for one in self.networks],
        }

    def __bool__(self) -> bool:
        """Tell whether anybody at all may be woken."""
        return bool(self.machines or self.networks or self.anybody)

    def permitted(self, mac: str, ways: Iterable[Way]) -> list[Way]:
        """Return the ways that may be taken to a machine: those into named networks, and more for one that is named.

        Everybody in a network hears a packet that is sent into it, so only the network it goes to can be judged. To a
        machine that is named a packet may go over every link of this one, and to private networks behind routers; with
        a password in it only into networks that are named, or whoever asks could have the password sent to himself.
        """
        return [way for way in ways if self._may_take(way, mac in self.machines, bool(self.machines.get(mac)))]

    def _may_take(self, way: Way, named: bool, secret: bool) -> bool:
        if (self.anybody and not secret) or (named and way.kind in (BROADCAST, RAW)):
            return True
        number = as_number(way.address or way.source)
        wider = _PRIVATE if named and not secret else ()
        return any(network.holds(number) for network in (*self.networks, *wider))

    def may_ask(self, address: str) -> bool:
        """Tell whether somebody at this address may be asked if it is up; names are only looked up for everybody.

        This machine itself, and what answers at link-local addresses (a cloud's keys), is nobody who could be woken.
        """
        try:
            number = as_number(address)
        except Malformed:
            return self.anybody and address != "localhost" and (":" not in address or is_machines6(address))
        if any(own.holds(number) for own in _NEVER):
            return False
        return self.anybody or any(network.holds(number) for network in self.networks)


def parse_wake(entries: Iterable[str]) -> tuple[Targets, list[str]]:
    """Return who may be woken, and one sentence for each entry that is wrong.

    An entry is `*`, a network `192.168.1.0/24` (or one address), or a hardware address in any form, with
    ` password_file=/path` behind it where its card wants a SecureOn password.
    """
    machines: dict[str, str] = {}
    networks: list[Range] = []
    anybody = False
    problems = []
    for number, entry in enumerate(entries):
        if number == ENTRIES_MAX:
            problems.append(f"more than {ENTRIES_MAX} entries")
            break
        text = entry.strip()
        try:
            if text == ANYBODY:
                anybody = True
            elif _NETWORK.fullmatch(text):
                networks.append(_network(text))
            else:
                mac, path = _machine(text)
                machines[mac] = path
        except Malformed as error:
            problems.append(f"{label(text)[:80]!r}: {error}")
    return Targets(machines, tuple(networks), anybody), problems


def _network(text: str) -> Range:
    address, _, prefix = text.partition("/")
    bits = int(prefix or 32)
    if not 1 <= bits <= 32:
        raise Malformed('the prefix of a network is a number from 1 to 32; everybody is "*"')
    number = as_number(address)
    if number & ((1 << (32 - bits)) - 1):
        raise Malformed("names a network by an address inside it: write its first address")
    return Range(number, bits)


def _machine(text: str) -> tuple[str, str]:
    address, *words = text.split()
    path = ""
    for word in words:
        name, _, value = word.partition("=")
        if name != "password_file" or not value.startswith("/"):
            raise Malformed("behind a hardware address only password_file=/path may stand, a whole path")
        path = value
    return parse_mac(address), path
