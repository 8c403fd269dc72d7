"""The health of disks: what SMART, NVMe and SCSI logs say, by smartctl."""

from __future__ import annotations

from time import monotonic

from wakeful_agent.capabilities import Capability, granted, missing
from wakeful_agent.host import smartctl
from wakeful_agent.host.errors import Denied, HostError, Late
from wakeful_agent.host.smartctl import ASLEEP, STATES, UNKNOWN, Device, Disk
from wakeful_agent.host.sudoers import sudoers
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Option, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence

    from wakeful_agent.host.command import Output
    from wakeful_agent.host.files import Host

SCAN = ("smartctl", "--json", "--scan")
_DISK_SECONDS = 20.0
_SECOND_LABELS = {"sectors": "state", "errors": "kind", "io": "direction"}


def command(device: Device) -> list[str]:
    """Return the words that ask for one disk; a sleeping one is left asleep."""
    return ["smartctl", "--json", "-i", "-H", "-A", "-n", "standby", "-d", device.kind, device.path]


def _make(key: tuple[str, str, tuple[tuple[str, str], ...]]) -> list[Series]:
    name, serial, figures = key
    made = [series("hw.status", type="physical_disk", name=name, state=state) for state in STATES]
    for metric, what in figures:
        second = {_SECOND_LABELS[metric]: what} if metric in _SECOND_LABELS else {}
        made.append(series(f"hw.physical_disk.{metric}", device=name, serial=serial, **second))
    return made


class SmartMeter(Meter):
    """Health, temperature, wear and errors of each disk, by smartctl; what a disk is goes into the inventory `disks`.

    A sleeping disk is left asleep: its series have no value, and the inventory keeps what was known of it.
    """

    name = "smart"
    interval_seconds = 600.0
    budget_seconds = 60.0
    aside = True
    source = "usr/sbin/smartctl"
    fix = "apt install smartmontools"
    exposes = "models, serial numbers and health of the disks; smartctl with these arguments changes nothing"
    options = (
        Option(
            "devices",
            [],
            "disks that a scan does not find, each as `PATH TYPE`: `/dev/sda areca,1/2`; type as for smartctl -d",
            local=True,
        ),
        Option("left_out", [], "disks to leave out, by path or name: `/dev/sdb`, `bus/0 megaraid,3`"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._kinds: dict[str, str] = {}
        self._last: dict[str, tuple[Disk, int | None]] = {}
        self._late: set[Device] = set()

    def probe(self, host: Host) -> Capability:
        """Say whether the disks may be asked, as root or directly."""
        if host.program("smartctl") is None:
            return missing(self.name, "smartctl is not installed", self.fix, self.exposes)
        try:
            devices = self._devices(host, _scan(host))
            if not devices:
                return missing(self.name, "smartctl finds no disks (virtual machines have none)")
            as_root, why = _root(host)
            if not as_root and smartctl.is_refused(_asked(host, devices[0], False, 1.0)):
                return missing(self.name, why, _grant(host, devices), self.exposes)
        except HostError as error:
            return missing(self.name, label(str(error)), self.fix, self.exposes)
        closed = [label(one.name) for one in devices if as_root and not _permitted(host, command(one))]
        if closed:
            reason = f"as root, but not for {', '.join(closed[:8])}{' and more' if len(closed) > 8 else ''}"
            return Capability(self.name, True, reason, _grant(host, devices), self.exposes)
        return granted(self.name, "as root" if as_root else "directly")

    def read(self, host: Host, now_ms: int) -> Reading:
        """Ask one disk after the other; one that fails costs no other."""
        devices = self._devices(host, _scan(host))
        if not devices:
            raise NoData("smartctl finds no disks")
        as_root, why = _root(host)
        ends = monotonic() + self.budget_seconds - 5.0
        disks = {}
        for device in sorted(devices, key=lambda device: device in self._late):
            disks[device] = self._one(host, device, as_root, ends)
        if not as_root and all(smartctl.is_refused(disk) for disk in disks.values()):
            raise Denied(why)
        return self._reading(host, [(device, disks[device]) for device in devices], now_ms)

    def _devices(self, host: Host, found: list[Device]) -> list[Device]:
        given = []
        for text in self.chosen["devices"]:
            path, _, kind = text.partition(" ")
            given.append(Device(path, kind.strip() or "auto"))
        left_out = set(self.chosen["left_out"])
        devices = [Device(device.path, self._kinds.get(device.name) or _kind(host, device)) for device in found]
        wanted = [one for one in dict.fromkeys((*given, *devices)) if not left_out & {one.path, one.name}]
        return wanted[: smartctl.DEVICES_MAX]

    def _one(self, host: Host, device: Device, as_root: bool, ends: float) -> Disk:
        try:
            seconds = min(_DISK_SECONDS, ends - monotonic())
            if seconds <= 0:
                raise Late("there was no time left to ask it: others did not answer")
            disk = _asked(host, device, as_root, seconds)
            if smartctl.is_ata_behind_scsi(disk, device):
                self._kinds[device.name] = "sat"
                disk = _asked(host, device._replace(kind="sat"), as_root, seconds)
        except HostError as error:
            self._late.add(device)
            return Disk(UNKNOWN, (label(str(error)),))
        self._late.discard(device)
        return _heard(host, device, disk) if disk.state == ASLEEP else disk

    def _reading(self, host: Host, disks: Sequence[tuple[Device, Disk]], now_ms: int) -> Reading:
        keys: list[Any] = []
        values: list[float | None] = []
        rows = []
        for device, disk in disks:
            before, seen_ms = self._last.get(device.name, (Disk(UNKNOWN), None))
            known = disk if disk.figures or disk.about else before
            seen_ms = now_ms if known is disk else seen_ms
            self._last[device.name] = known, seen_ms
            names = tuple(known.figures)
            name, serial = label(device.name), known.about.get("serial", "")
            keys.append((name, serial, names))
            values += [float(disk.state == state) for state in STATES]
            values += [disk.figures.get(one) for one in names]
            about = {"passed": None, **known.about}
            seen = {"findings": list(disk.findings), "seen_at_ms": seen_ms}
            rows.append({"device": name, "state": disk.state, "type": device.kind, **about, **seen})
        self._last = {device.name: self._last[device.name] for device, _ in disks}
        return Reading(self._columns.of(keys), values, {"disks": rows})


def _scan(host: Host) -> list[Device]:
    """Return what there is, as root where that is permitted: controllers tell their disks to root alone."""
    try:
        output = host.run_as_root(SCAN)
    except Denied:
        output = host.run(SCAN)
    return smartctl.parse_scan(output.out)


def _root(host: Host) -> tuple[bool, str]:
    try:
        host.check_root(SCAN)
    except Denied as error:
        return False, str(error)
    return True, ""


def _permitted(host: Host, words: Sequence[str]) -> bool:
    try:
        host.check_root(words)
    except Denied:
        return False
    return True


def _asked(host: Host, device: Device, as_root: bool, seconds: float) -> Disk:
    ask = host.run_as_root if as_root else host.run
    output: Output = ask(command(device), seconds)
    return smartctl.parse_disk(output.out, output.code)


def _kind(host: Host, device: Device) -> str:
    """Return the type to ask for: a scan that opens nothing calls every /dev/sdX SCSI, the kernel knows better."""
    if device.kind != "scsi":
        return device.kind
    name = device.path.rpartition("/")[2]
    if host.optional(f"sys/block/{name}/device/vendor") == "ATA":
        return "sat"
    try:
        return "auto" if "/usb" in host.target(f"sys/block/{name}") else "scsi"
    except HostError:
        return "scsi"


def _heard(host: Host, device: Device, disk: Disk) -> Disk:
    """Return `disk`, or that it is lost: a dead disk answers nothing, which smartctl cannot tell from deep sleep."""
    state = host.optional(f"sys/block/{device.path.rpartition('/')[2]}/device/state")
    if state and state not in {"running", "quiesce", "created"}:
        return Disk(smartctl.FAILED, (f"the kernel has taken it out of service ({label(state)})",))
    return disk


def _grant(host: Host, devices: Sequence[Device]) -> str:
    path = host.program("smartctl") or "smartctl"
    return sudoers("smart", [(path, *words[1:]) for words in (list(SCAN), *map(command, devices))])
