"""What `smartctl --json` says of a disk, whatever its kind: ATA attributes by id and name, NVMe and SCSI logs.

Source: EXIT STATUS and -n of smartctl(8); its JSON keeps the same names since version 7.0.
"""

from __future__ import annotations

import json
import re

from wakeful_agent.host.ata_attributes import figures_of
from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.jsons import at, flag, number, text, things
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

OK, DEGRADED, FAILED, ASLEEP, UNKNOWN = STATES = ("ok", "degraded", "failed", "asleep", "unknown")
DEVICES_MAX = 256
_NOT_READ = 0b11
_FAILING, _PREFAIL = 8, 16
_FINDINGS = {
    4: "a SMART command failed",
    8: "SMART says that the disk is failing",
    16: "an attribute is at its threshold: the disk is about to fail",
    32: "an attribute has been at its threshold before",
    64: "the disk's log holds errors",
    128: "a self-test has failed",
}
"""What the bits of smartctl's exit status mean; those of 1 and 2 say that the disk was not read."""
_CRITICAL = {
    1: "spare blocks are below their threshold",
    2: "the temperature is outside its limits",
    4: "reliability is degraded by errors of the medium",
    8: "the medium is read-only",
    16: "the backup of the volatile memory failed",
    32: "the persistent memory is unreliable",
}
_DEVICE = re.compile(r"/dev/[A-Za-z0-9_/.:-]{1,100}")
_KIND = re.compile(r"[A-Za-z0-9][A-Za-z0-9_,/+:.-]{0,63}")
_ASLEEP = re.compile(r"Device is in ([A-Z_ ]+) mode, exit")
_PERMISSION = ("Permission denied", "Operation not permitted")
_NVME_UNIT_BYTES = 512_000
_SCSI_UNIT_BYTES = 1_000_000_000
_CELSIUS_LEAST, _CELSIUS_MOST = -60.0, 250.0


class Device(NamedTuple):
    """A disk as smartctl is to be asked for it: its path, and the type for -d."""

    path: str
    kind: str

    @property
    def name(self) -> str:
        """Return the name people know it by; of disks behind one controller, with their place there."""
        name = self.path[len("/dev/") :]
        return f"{name} {self.kind}" if "," in self.kind else name


class Disk(NamedTuple):
    """What is known of a disk: its state, why, what it counts, and what it is.

    `figures` are by metric (the name behind `hw.physical_disk.`) and what its second label says.
    """

    state: str
    findings: tuple[str, ...] = ()
    figures: Mapping[tuple[str, str], float] = {}
    about: Mapping[str, Any] = {}


def parse_scan(output: str) -> list[Device]:
    """Return the disks of `smartctl --json --scan`; raise Malformed when it is not that."""
    found: dict[Device, None] = {}
    for item in things(_document(output), "devices"):
        path, kind = text(item, "name"), text(item, "type")
        if _DEVICE.fullmatch(path) and _KIND.fullmatch(kind) and ".." not in path:
            found[Device(path, kind)] = None
    return list(found)[:DEVICES_MAX]


def parse_disk(output: str, code: int) -> Disk:
    """Return what `smartctl --json -i -H -A -n standby` says that ended with `code`; raise Malformed."""
    document = _document(output)
    told = number(document, "smartctl", "exit_status")
    status = int(told) if told is not None else code
    messages = [text(one, "string") for one in things(document, "smartctl", "messages")]
    if status & _NOT_READ or status < 0:
        return _unread(document, messages, status)
    figures, findings = _figures(document), [said for bit, said in _FINDINGS.items() if status & bit]
    warning = int(number(document, "nvme_smart_health_information_log", "critical_warning") or 0)
    findings += [said for bit, said in _CRITICAL.items() if warning & bit]
    passed = flag(document, "smart_status", "passed")
    about = {**_about(document), "passed": passed}
    if passed is None and not figures:
        return Disk(UNKNOWN, (*findings, *messages[:1]) or ("it keeps no SMART data",), {}, about)
    if passed is False or status & _FAILING:
        return Disk(FAILED, tuple(findings) or (_FINDINGS[_FAILING],), figures, about)
    findings += _worries(figures)
    degraded = status & (_PREFAIL | 128) or warning or _worries(figures)
    return Disk(DEGRADED if degraded else OK, tuple(findings), figures, about)


def is_refused(disk: Disk) -> bool:
    """Say whether the disk was not read because this user may not open it."""
    return disk.state == UNKNOWN and any(word in finding for finding in disk.findings for word in _PERMISSION)


def is_ata_behind_scsi(disk: Disk, device: Device) -> bool:
    """Say whether a disk that was asked as SCSI is an ATA one, which has more to say when asked as such."""
    return device.kind == "scsi" and disk.about.get("vendor") == "ATA"


def _unread(document: Any, messages: list[str], status: int) -> Disk:
    for message in messages:
        asleep = _ASLEEP.search(message)
        if asleep:
            return Disk(ASLEEP, (f"it is in {asleep[1]} mode",))
    mode = text(document, "power_mode", "name")
    if mode.startswith(("STANDBY", "SLEEP")):
        return Disk(ASLEEP, (f"it is in {mode} mode",))
    return Disk(UNKNOWN, tuple(messages[:2]) or (f"smartctl could not read it (exit status {status})",))


def _worries(figures: dict[tuple[str, str], float]) -> list[str]:
    said = []
    for state, words in (("pending", "wait to be reallocated"), ("uncorrectable", "cannot be read")):
        count = figures.get(("sectors", state), 0)
        if count > 0:
            said.append(f"{count:.0f} sectors {words}")
    if figures.get(("wear", ""), 0) >= 1:
        said.append("its rated writes are used up")
    return said


def _heat(document: Any) -> float | None:
    """Return the temperature; SCSI volumes that have none say 0, with no limit or a limit of 0."""
    heat = number(document, "temperature", "current")
    if heat is None or not _CELSIUS_LEAST <= heat <= _CELSIUS_MOST:
        return None
    untold = heat == 0 and text(document, "device", "protocol") == "SCSI"
    return None if untold and not number(document, "temperature", "drive_trip") else heat


def _figures(document: Any) -> dict[tuple[str, str], float]:
    hours, minutes = number(document, "power_on_time", "hours"), number(document, "power_on_time", "minutes")
    heat = _heat(document)
    spare = number(document, "nvme_smart_health_information_log", "available_spare")
    table = {
        ("temperature", ""): heat,
        ("power_on_time", ""): None if hours is None else hours * 3600 + (minutes or 0) * 60,
        ("power_cycles", ""): number(document, "power_cycle_count"),
        ("spare", ""): None if spare is None else spare / 100,
        ("sectors", "grown_defect"): number(document, "scsi_grown_defect_list"),
    }
    found = {key: value for key, value in table.items() if value is not None}
    rows = things(document, "ata_smart_attributes", "table")
    sector = number(document, "logical_block_size") or 512
    found.update(figures_of(rows, int(sector), flag(document, "in_smartctl_database") is not False))
    used = number(document, "endurance_used", "current_percent")
    used = number(document, "scsi_percentage_used_endurance_indicator") if used is None else used
    if used is not None:
        found.setdefault(("wear", ""), used / 100)
    return {**found, **_nvme(document), **_scsi(document)}


def _nvme(document: Any) -> dict[tuple[str, str], float]:
    log = "nvme_smart_health_information_log"
    table = {
        ("wear", ""): ("percentage_used", 0.01),
        ("unsafe_shutdowns", ""): ("unsafe_shutdowns", 1),
        ("errors", "media"): ("media_errors", 1),
        ("io", "read"): ("data_units_read", _NVME_UNIT_BYTES),
        ("io", "write"): ("data_units_written", _NVME_UNIT_BYTES),
    }
    read = {key: (number(document, log, name), scale) for key, (name, scale) in table.items()}
    return {key: round(value * scale, 4) for key, (value, scale) in read.items() if value is not None}


def _scsi(document: Any) -> dict[tuple[str, str], float]:
    found = {}
    for kind in ("read", "write", "verify"):
        errors = number(document, "scsi_error_counter_log", kind, "total_uncorrected_errors")
        gigabytes = number(document, "scsi_error_counter_log", kind, "gigabytes_processed")
        if errors is not None:
            found["errors", f"{kind}_uncorrected"] = errors
        if gigabytes is not None and kind != "verify":
            found["io", kind] = round(gigabytes * _SCSI_UNIT_BYTES)
    return found


def _about(document: Any) -> dict[str, Any]:
    vendor = (text(document, "scsi_vendor") or text(document, "vendor")).strip()
    product = text(document, "scsi_product") or text(document, "product")
    model = text(document, "model_name") or text(document, "scsi_model_name") or f"{vendor} {product}".strip()
    size = number(document, "user_capacity", "bytes")
    size = number(document, "nvme_total_capacity") if size is None else size
    turns = number(document, "rotation_rate")
    interface = _interface(document)
    return {
        "model": model,
        "family": text(document, "model_family"),
        "vendor": vendor,
        "serial": text(document, "serial_number"),
        "firmware": text(document, "firmware_version") or text(document, "scsi_revision") or text(document, "revision"),
        "size_bytes": None if size is None else int(size),
        "rotation_rpm": 0 if interface == "nvme" else None if turns is None else int(turns),
        "interface": interface,
    }


def _interface(document: Any) -> str:
    protocol = text(document, "device", "protocol")
    if protocol == "ATA":
        return "sata" if at(document, "sata_version") else "ata"
    if protocol == "SCSI":
        transport = text(document, "scsi_transport_protocol", "name") or "SCSI"
        return transport.split()[0].lower()
    return protocol.lower()


def _document(output: str) -> Any:
    try:
        document = json.loads(output)
    except (ValueError, RecursionError):
        raise Malformed(f"smartctl wrote no JSON but {output[:40]!r}") from None
    if not isinstance(document, dict) or not isinstance(document.get("smartctl"), dict):
        raise Malformed("smartctl wrote JSON of another form")
    return document
