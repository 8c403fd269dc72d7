"""Guests of libvirt (qemu and others): how each is and what it uses, as `virsh domstats` says."""

from __future__ import annotations

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Option, Reading
from wakeful_wire.record import NamedTuple
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

STATES = ("none", "running", "blocked", "paused", "shutdown", "off", "crashed", "suspended")
"""By libvirt's number of a domain's state; `off` is its "shut off"."""

_SOCKETS = "run/libvirt"
_GROUPS = ("--state", "--cpu-total", "--balloon", "--vcpu", "--interface", "--block")
_TIMEOUT_SECONDS = 15.0
_GUESTS_MAX = 500
_DEVICES_MAX = 64
_RUNNING: tuple[tuple[str, str], ...] = (
    ("libvirt.guest.up", ""),
    ("libvirt.guest.cpu.time", ""),
    ("libvirt.guest.cpu.count", ""),
    ("libvirt.guest.memory.limit", ""),
    ("libvirt.guest.memory.balloon", ""),
    ("libvirt.guest.memory.resident", ""),
    ("libvirt.guest.memory.unused", ""),
    ("libvirt.guest.disk.io", "read"),
    ("libvirt.guest.disk.io", "write"),
    ("libvirt.guest.network.io", "receive"),
    ("libvirt.guest.network.io", "transmit"),
)


class Guest(NamedTuple):
    """A guest and its figures: bytes and seconds; counters of all its disks and interfaces together."""

    name: str
    state: str
    cpu_seconds: float | None
    cpus: int | None
    memory_limit_bytes: int | None
    balloon_bytes: int | None
    resident_bytes: int | None
    unused_bytes: int | None
    read_bytes: int | None
    written_bytes: int | None
    received_bytes: int | None
    sent_bytes: int | None


def parse_domstats(text: str) -> list[Guest]:
    """Return the guests of `virsh domstats`; raise Malformed when there is text and no guest in it.

    A guest begins with `Domain: 'NAME'` at a line's start, whatever is in the name; its figures are indented.
    """
    guests = []
    fields: dict[str, str] = {}
    name: str | None = None
    for line in [*text.split("\n"), "Domain: ''"]:
        if line.startswith("Domain: '"):
            if name is not None:
                guests.append(_guest(name, fields))
            name, fields = line[9:].rstrip().removesuffix("'") if line.rstrip().endswith("'") else line[9:], {}
        elif line.startswith("  "):
            key, found, value = line.strip().partition("=")
            if found:
                fields.setdefault(key, value)
    if text.strip() and not guests:
        raise Malformed(f"virsh says nothing of guests: {label(text.strip(), 60)!r}")
    return guests


def _guest(name: str, fields: Mapping[str, str]) -> Guest:
    number = _number(fields, "state.state")
    nanoseconds = _number(fields, "cpu.time")
    return Guest(
        name=label(name, 128),
        state=STATES[number] if number is not None and number < len(STATES) else "none",
        cpu_seconds=None if nanoseconds is None else nanoseconds / 1e9,
        cpus=_number(fields, "vcpu.current"),
        memory_limit_bytes=_kibibytes(fields, "balloon.maximum"),
        balloon_bytes=_kibibytes(fields, "balloon.current"),
        resident_bytes=_kibibytes(fields, "balloon.rss"),
        unused_bytes=_kibibytes(fields, "balloon.unused"),
        read_bytes=_sum(fields, "block", "rd.bytes"),
        written_bytes=_sum(fields, "block", "wr.bytes"),
        received_bytes=_sum(fields, "net", "rx.bytes"),
        sent_bytes=_sum(fields, "net", "tx.bytes"),
    )


def _number(fields: Mapping[str, str], key: str) -> int | None:
    value = fields.get(key, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 20 else None


def _kibibytes(fields: Mapping[str, str], key: str) -> int | None:
    number = _number(fields, key)
    return None if number is None else number * 1024


def _sum(fields: Mapping[str, str], group: str, counter: str) -> int | None:
    count = min(_number(fields, f"{group}.count") or 0, _DEVICES_MAX)
    found = [_number(fields, f"{group}.{index}.{counter}") for index in range(count)]
    known = [value for value in found if value is not None]
    return sum(known) if known else None


def _make(key: tuple[str, bool]) -> list[Series]:
    name, running = key
    if not name:
        return [series("libvirt.up")] + [series("libvirt.guests", state=state) for state in STATES]
    if not running:
        return [series("libvirt.guest.up", guest=name)]
    return [
        series(metric, guest=name, **({"direction": direction} if direction else {})) for metric, direction in _RUNNING
    ]


class LibvirtMeter(Meter):
    """Asks virsh over its read-only connection, which cannot change anything and needs no rights as a rule."""

    name = "libvirt"
    aside = True
    interval_seconds = 60.0
    budget_seconds = 30.0
    series_most = 8_000
    source = _SOCKETS + "/"
    fix = "usermod -a -G libvirt wakeful"
    exposes = "the group libvirt may also change and start guests, which is as good as root"
    options = (Option("uri", "qemu:///system", "The connection of libvirt to ask", local=True),)

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)

    def probe(self, host: Host) -> Capability:
        """Say whether libvirt answers."""
        if not self._is_there(host):
            return missing(self.name, "libvirt does not run on this machine", "apt install libvirt-daemon-system")
        try:
            self._ask(host, "uri", timeout_seconds=1.5)
        except Denied as error:
            return missing(self.name, label(str(error)), self.fix, self.exposes)
        except HostError as error:
            return missing(self.name, label(str(error)))
        return granted(self.name)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return what each guest uses, with the inventory `libvirt_guests`; raise NoData without libvirt, HostError."""
        if not self._is_there(host):
            raise NoData("libvirt does not run on this machine")
        try:
            text = self._ask(host, "domstats", *_GROUPS)
            guests = parse_domstats(text)
        except HostError as error:
            return Reading([series("libvirt.up")], [0], {}, error)
        states = [guest.state for guest in guests]
        guests = sorted(guests, key=lambda guest: (guest.state != "running", guest.name))[:_GUESTS_MAX]
        keys = [("", False), *((guest.name, guest.state == "running") for guest in guests)]
        values: list[float | None] = [1, *(states.count(state) for state in STATES)]
        for guest in guests:
            values += [1, *guest[2:]] if guest.state == "running" else [0]
        return Reading(self._columns.of(keys), values, {"libvirt_guests": [_row(guest) for guest in guests]})

    def _is_there(self, host: Host) -> bool:
        if self.chosen["uri"] != "qemu:///system":
            return True
        try:
            return any("sock" in name for name in host.listing(_SOCKETS))
        except HostError:
            return False

    def _ask(self, host: Host, *words: str, timeout_seconds: float = _TIMEOUT_SECONDS) -> str:
        argv = ["virsh", "--readonly", "--quiet", f"--connect={self.chosen['uri']}", *words]
        code, out, err = host.run(argv, timeout_seconds)
        said = label(err.strip() or out.strip(), 200)
        if code and ("authentication" in said.lower() or "permission denied" in said.lower()):
            raise Denied(f"libvirt refuses: {said}")
        if code:
            raise HostError(f"virsh ended with {code}: {said}")
        return out


def _row(guest: Guest) -> dict[str, Any]:
    return {
        "name": guest.name,
        "state": guest.state,
        "cpus": guest.cpus,
        "memory_limit_bytes": guest.memory_limit_bytes,
    }
