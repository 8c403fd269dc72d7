"""What net-snmp's programs print with `-Onext` (numbers for names, strings as hex): objects, and interfaces of them.

Strings are asked as hex because a device chooses what is in them: no text of its own can be taken for another object.
"""

from __future__ import annotations

import re

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import decode, label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping

IF_TABLE = ".1.3.6.1.2.1.2.2.1"
IF_X_TABLE = ".1.3.6.1.2.1.31.1.1.1"
COUNTER_32 = "Counter32"
COUNTER_64 = "Counter64"
TEXT_CHARACTERS_MAX = 256

_LINE = re.compile(r"^(\.[0-9.]+) = (.*)$", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,9})?$", re.ASCII)
_TYPED = re.compile(r"^([A-Za-z][\w-]*(?: Address)?): ?(.*)$", re.ASCII | re.DOTALL)
_ABSENT = ("No Such ", "No more variables")
_MEGABIT = 1_000_000
_UP = 1
_SWITCHED_OFF = 2
_FIELDS = {
    "received": ((IF_X_TABLE, 6), (IF_TABLE, 10)),
    "sent": ((IF_X_TABLE, 10), (IF_TABLE, 16)),
    "packets_received": ((IF_X_TABLE, 7), (IF_TABLE, 11)),
    "packets_sent": ((IF_X_TABLE, 11), (IF_TABLE, 17)),
    "errors_received": ((IF_TABLE, 14),),
    "errors_sent": ((IF_TABLE, 20),),
    "dropped_received": ((IF_TABLE, 13),),
    "dropped_sent": ((IF_TABLE, 19),),
}
"""The counters of an interface: where each is looked for, the wide one before the narrow one. Source: IF-MIB."""


class Value(NamedTuple):
    """The value of an object: its type as net-snmp names it (empty for a bare number), and its text or octets."""

    kind: str
    text: str
    octets: bytes = b""

    @property
    def number(self) -> int | float | None:
        """The number it is, also where a device says it as text; None for anything else."""
        text = self.shown.strip()
        if not _NUMBER.match(text):
            return None
        return float(text) if "." in text else int(text)

    @property
    def shown(self) -> str:
        """What it says in characters."""
        return label(decode(self.octets).rstrip("\0"), TEXT_CHARACTERS_MAX) if self.octets else self.text


class Interface(NamedTuple):
    """One interface; `up` is None while it is switched off, `counters` are (number, whether it has 64 bits) by name."""

    name: str
    alias: str
    type: int
    mac: str
    speed_bits: float | None
    up: bool | None
    counters: Mapping[str, tuple[int, bool]]


def parse_objects(text: str) -> dict[str, Value]:
    """Return the objects by their number (`.1.3.6...`); those that the device does not have are left out.

    Raises Malformed when the text holds anything else.
    """
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            current = found[match[1]] = [match[2]]
        elif current is not None:
            current.append(line)
        elif line.strip() and not line.startswith("No more variables"):
            raise Malformed("net-snmp's answer is not as documented")
    values = {name: _value(" ".join(lines)) for name, lines in found.items()}
    return {name: value for name, value in values.items() if value is not None}


def interfaces(objects: Mapping[str, Value]) -> list[Interface]:
    """Return the interfaces of ifTable and ifXTable in the order of their index, each with a name of its own."""
    column = f"{IF_TABLE}.8."
    ends = [name[len(column) :] for name in objects if name.startswith(column)]
    indexes = sorted({int(end) for end in ends if end.isdigit() and len(end) < 11})
    found = [_interface(objects, index) for index in indexes]
    names = [one.name for one in found]
    return [
        one._replace(name=f"{one.name} #{index}") if names.count(one.name) > 1 else one
        for index, one in zip(indexes, found)
    ]


def unwrapped(before: tuple[int, int] | None, number: int) -> tuple[int, int]:
    """Return a 32-bit counter's number and what its wraps add up to; `before` is the pair of last time.

    A fall of more than half its range is taken for a wrap, a smaller one for a counter that began anew.
    """
    if before is None:
        return number, 0
    last, added = before
    if number >= last:
        return number, added
    return (number, added + 2**32) if last - number > 2**31 else (number, 0)


def _value(said: str) -> Value | None:
    if said.startswith(_ABSENT) or said in {"NULL", ""}:
        return None
    if said == '""':
        return Value("STRING", "")
    if _NUMBER.match(said):
        return Value("", said)
    match = _TYPED.match(said)
    if match is None:
        return None
    kind, rest = match[1], match[2]
    if kind == "Opaque":
        kind, _, rest = rest.partition(": ")
    if kind in {"Hex-STRING", "BITS"}:
        try:
            return Value(kind, "", bytes.fromhex("".join(rest.split())))
        except ValueError:
            return None
    return Value(kind, label(rest.strip().strip('"'), TEXT_CHARACTERS_MAX))


def _interface(objects: Mapping[str, Value], index: int) -> Interface:
    def of(table: str, column: int) -> Value | None:
        return objects.get(f"{table}.{column}.{index}")

    def text(table: str, column: int) -> str:
        value = of(table, column)
        return value.shown if value else ""

    def number(table: str, column: int) -> int | float | None:
        value = of(table, column)
        return value.number if value else None

    counters: dict[str, tuple[int, bool]] = {}
    for name, places in _FIELDS.items():
        for value in (of(*place) for place in places):
            if value is not None and isinstance(value.number, int) and value.number >= 0:
                counters[name] = (value.number, value.kind == COUNTER_64)
                break
    fast = number(IF_X_TABLE, 15)
    mac = of(IF_TABLE, 6)
    return Interface(
        name=text(IF_X_TABLE, 1) or text(IF_TABLE, 2) or f"interface {index}",
        alias=text(IF_X_TABLE, 18),
        type=int(number(IF_TABLE, 3) or 0),
        mac=":".join(f"{byte:02x}" for byte in mac.octets) if mac and len(mac.octets) == 6 else "",
        speed_bits=fast * _MEGABIT if fast else number(IF_TABLE, 5),
        up=None if number(IF_TABLE, 7) == _SWITCHED_OFF else number(IF_TABLE, 8) == _UP,
        counters=counters,
    )
