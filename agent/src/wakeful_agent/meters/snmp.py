"""Other devices, asked over SNMP with net-snmp's programs: system group, interfaces, and objects of one's choice."""

from __future__ import annotations

import re
from time import monotonic

from wakeful_agent.capabilities import missing
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.net_snmp import Device
from wakeful_agent.host.snmp import (
    COUNTER_32,
    COUNTER_64,
    IF_TABLE,
    IF_X_TABLE,
    Interface,
    Value,
    interfaces,
    unwrapped,
)
from wakeful_agent.host.text import label
from wakeful_agent.meter import Option
from wakeful_agent.network.place import parse_place
from wakeful_agent.service import Answered, ServiceMeter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host
    from wakeful_agent.network.place import Place
    from wakeful_agent.network.targets import Target

    Samples = list[tuple[str, Mapping[str, str], "float | None"]]

PORT = 161
_DESCRIPTION, _OBJECT_ID, _UPTIME, _NAME, _LOCATION = (f".1.3.6.1.2.1.1.{one}.0" for one in (1, 2, 3, 5, 6))
_SYSTEM = (_DESCRIPTION, _OBJECT_ID, _UPTIME, _NAME, _LOCATION)
_OID = re.compile(r"\.?(\d{1,10}(?:\.\d{1,10}){1,127})", re.ASCII)
_INTERFACES_MAX = 256
_VALUES_MAX = 60
_WAYS = ("receive", "transmit")
_COUNTERS = (
    ("io", ("received", "sent")),
    ("packets", ("packets_received", "packets_sent")),
    ("errors", ("errors_received", "errors_sent")),
    ("dropped", ("dropped_received", "dropped_sent")),
)


class SnmpMeter(ServiceMeter):
    """Uptime, interfaces and named objects of each device; 64-bit counters where a device has them.

    Communities and passphrases stand in a `snmp.conf` that net-snmp's programs read themselves: they are never in a
    command line, and never in the agent. 32-bit counters are counted on over their wraps.
    """

    name = "snmp"
    source = "usr/bin/snmpget"
    interval_seconds = 60.0
    fix = '[meters.snmp] targets = ["NAME=HOST"] and credentials = ["HOST=FOLDER"] in agent.toml'
    exposes = "what the devices tell whoever has their community or password"
    options = (
        Option(
            "targets",
            [],
            "devices: NAME=HOST, NAME=HOST:PORT or NAME=tcp://HOST:PORT",
            local=True,
        ),
        Option(
            "credentials",
            [],
            "HOST=FOLDER (mode 0700) with the snmp.conf for that host and no other; *=FOLDER for every target",
            local=True,
        ),
        Option("values", [], "objects to measure: NAME=OID on every device, or TARGET/NAME=OID on one", local=True),
        Option("interfaces", True, "measure the interfaces"),
        Option("timeout_seconds", 4.0, "how long a device may take for one answer", least=1.0, most=10.0),
    )

    def __init__(self) -> None:
        super().__init__()
        self._counting: dict[str, _Counting] = {}

    def configure(self, options: Mapping[str, Any]) -> None:
        """Take checked options; objects whose number cannot be read are told with each reading."""
        super().configure(options)
        pairs = [text.partition("=") for text in self.chosen["credentials"]]
        self._folders: dict[str, str] = {
            host.strip().lower(): folder.strip() for host, _, folder in pairs if folder.strip()
        }
        self._objects: list[tuple[str, str, str]] = []
        for text in self.chosen["values"]:
            place, _, oid = text.partition("=")
            match = _OID.fullmatch(oid.strip())
            if match is None or not place.strip():
                self._problems.append(f"{label(text)[:80]!r} is not NAME=OID with an OID of numbers")
                continue
            target, slash, name = place.strip().rpartition("/")
            self._objects.append((target if slash else "", label(name), "." + match[1]))

    def probe(self, host: Host) -> Capability:
        """Say whether net-snmp's programs are here and a device is named."""
        if host.program("snmpget") is None or host.program("snmpbulkwalk") is None:
            return missing(self.name, "snmpget is not installed", "apt install snmp", self.exposes)
        return super().probe(host)

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Return what the device says; its interfaces are None where only they fail, and the error says so."""
        place = parse_place(target.address if "://" in target.address else f"udp://{target.address}", PORT)
        agent = f"{place.kind}{'6' if ':' in place.host else ''}:{place.text}"
        device = Device(host, agent, self._folder(place), self.timeout_seconds)
        wanted = {name: oid for only, name, oid in self._objects if only in {"", target.name}}
        wanted = dict(list(wanted.items())[:_VALUES_MAX])
        begun = monotonic()
        said = device.get([*_SYSTEM, *wanted.values()])
        seconds = monotonic() - begun
        uptime = said[_UPTIME].number if _UPTIME in said else None
        samples: Samples = [
            ("snmp.uptime", {}, None if uptime is None else uptime / 100),
            ("snmp.response.time", {}, seconds),
        ]
        about = {
            "name": _shown(said, _NAME),
            "description": _shown(said, _DESCRIPTION),
            "location": _shown(said, _LOCATION),
            "object_id": _shown(said, _OBJECT_ID),
            "values": _measure({name: said.get(oid) for name, oid in wanted.items()}, samples),
        }
        if not self.chosen["interfaces"]:
            return Answered(samples, about)
        try:
            found = interfaces({**device.walk(IF_TABLE), **device.walk(IF_X_TABLE)})
        except HostError as error:
            return Answered(samples, {**about, "problem": f"its interfaces cannot be read: {label(str(error), 200)}"})
        samples.append(("snmp.interfaces", {}, len(found)))
        counting = self._counting.get(target.name, _Counting()).after(uptime)
        for one in found[:_INTERFACES_MAX]:
            samples += _of(one, counting)
        self._counting[target.name] = counting
        rows = [_row(one) for one in found[:_INTERFACES_MAX]]
        return Answered(samples, {**about, "interfaces": rows, "left_out": max(0, len(found) - _INTERFACES_MAX)})

    def _folder(self, place: Place) -> str:
        """Return the folder of credentials for this host: whoever may name targets must not choose who gets them."""
        for name in (place.text, place.host, "*"):
            if name in self._folders:
                return self._folders[name]
        raise HostError(f"no credentials are set for {place.host}: credentials in [meters.snmp] names a folder by host")


class _Counting:
    """The 32-bit counters of a device, counted on over their wraps from reading to reading."""

    def __init__(self, before: Mapping[tuple[str, str], tuple[int, int]] | None = None, uptime: float = 0.0) -> None:
        self._before = before or {}
        self._uptime = uptime
        self._now: dict[tuple[str, str], tuple[int, int]] = {}

    def after(self, uptime: float | None) -> _Counting:
        """Return what counts on from here; a device that was started anew begins anew."""
        if uptime is None or uptime < self._uptime:
            return _Counting(None, uptime or 0.0)
        return _Counting(self._now, uptime)

    def number(self, device: str, field: str, said: tuple[int, bool] | None) -> float | None:
        """Return a counter's number; `said` is what the device says, and whether it has 64 bits."""
        if said is None or said[1]:
            return said and said[0]
        self._now[device, field] = pair = unwrapped(self._before.get((device, field)), said[0])
        return sum(pair)


def _of(one: Interface, counting: _Counting) -> Samples:
    device = {"device": one.name}
    samples: Samples = [("snmp.interface.up", device, None if one.up is None else float(one.up))]
    if not one.up and not any(number for number, _ in one.counters.values()):
        return samples  # it never carried anything
    samples.append(("snmp.interface.speed", device, one.speed_bits or None))
    for metric, fields in _COUNTERS:
        for way, field in zip(_WAYS, fields):
            value = counting.number(one.name, field, one.counters.get(field))
            samples.append((f"snmp.interface.{metric}", {**device, "direction": way}, value))
    return samples


def _measure(values: Mapping[str, Value | None], samples: Samples) -> dict[str, str]:
    """Add a sample for each object that is a number, and return the others as texts."""
    texts = {}
    for name, value in values.items():
        number = None if value is None else value.number
        if value is not None and number is None:
            texts[name] = value.shown
            continue
        counts = value is not None and value.kind in {COUNTER_32, COUNTER_64}
        samples.append(("snmp.counter" if counts else "snmp.value", {"name": name}, number))
    return texts


def _shown(said: Mapping[str, Value], oid: str) -> str:
    return said[oid].shown if oid in said else ""


def _row(one: Interface) -> dict[str, Any]:
    return {
        "interface": one.name,
        "alias": one.alias,
        "type": one.type,
        "mac": one.mac,
        "speed": one.speed_bits or None,
        "enabled": one.up is not None,
    }
