"""Sensors of the machine as /sys lists them: hwmon chips, thermal zones, RAPL zones, batteries."""

from __future__ import annotations

from wakeful_agent.host.errors import HostError
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_HWMON = "sys/class/hwmon"
_THERMAL = "sys/class/thermal"
_POWERCAP = "sys/class/powercap"
_SUPPLY = "sys/class/power_supply"
SENSORS_MAX = 512
_LIMITS = {"max": "high", "crit": "critical"}


class Sensor(NamedTuple):
    """One file of a sensor: `kind` is temperature, limit, fan, power, energy, charge; the value is text * `scale`.

    `names` are the label values of its series: chip and sensor (and for a limit high or critical), zone, or battery.
    """

    kind: str
    names: tuple[str, ...]
    path: str
    scale: float


def find_sensors(host: Host) -> list[Sensor]:
    """Return all sensors there are, in a stable order; a chip that cannot be read is skipped, no /sys gives none."""
    found = _chips(host)
    chips = {_driver(sensor.names[0]) for sensor in found if sensor.kind == "temperature"}
    found += [zone for zone in _zones(host) if _driver(zone.names[1]) not in chips]
    found += _rapl(host) + _batteries(host)
    return found[:SENSORS_MAX]


def _chips(host: Host) -> list[Sensor]:
    found = []
    for entry in sorted(_names(host, _HWMON), key=lambda name: (len(name), name)):
        folder = f"{_HWMON}/{entry}"
        files = _names(host, folder)
        if "name" not in files and "device" in files:  # before Linux 3.9 some drivers kept them one folder deeper
            folder += "/device"
            files = _names(host, folder)
        found += _chip(host, folder, files)
    return found


def _chip(host: Host, folder: str, files: list[str]) -> list[Sensor]:
    chip = _chip_name(host, folder)
    known = set(files)
    found = []
    for file in sorted(files, key=lambda name: (len(name), name)):
        stem, underline, what = file.partition("_")
        kind = stem.rstrip("0123456789")
        if not underline or kind == stem:
            continue
        name = host.optional(f"{folder}/{stem}_label") or stem
        if kind == "temp" and what == "input":
            found.append(Sensor("temperature", (chip, name), f"{folder}/{file}", 1e-3))
            found += [
                Sensor("limit", (chip, name, limit), f"{folder}/{stem}_{suffix}", 1e-3)
                for suffix, limit in _LIMITS.items()
                if f"{stem}_{suffix}" in known
            ]
        elif kind == "fan" and what == "input":
            found.append(Sensor("fan", (chip, name), f"{folder}/{file}", 1.0))
        elif kind == "power" and (what == "average" or (what == "input" and f"{stem}_average" not in known)):
            found.append(Sensor("power", (chip, name), f"{folder}/{file}", 1e-6))
    return found


def _chip_name(host: Host, folder: str) -> str:
    """Return a name that stays the same over restarts, unlike hwmon's number: the driver's, with its device."""
    name = host.optional(f"{folder}/name") or folder.rsplit("/", 1)[-1]
    try:
        device = host.target(f"{folder}/device").rsplit("/", 1)[-1]
    except HostError:
        return name
    return device if device.startswith(name) else f"{name} {device}"


def _driver(chip: str) -> str:
    return chip.split(" ", 1)[0].split(".", 1)[0].replace("-", "_")


def _zones(host: Host) -> list[Sensor]:
    found = []
    for entry in _names(host, _THERMAL):
        if entry.startswith("thermal_zone"):
            kind = host.optional(f"{_THERMAL}/{entry}/type") or entry
            found.append(Sensor("temperature", (f"thermal {entry[12:]}", kind), f"{_THERMAL}/{entry}/temp", 1e-3))
    return found


def _rapl(host: Host) -> list[Sensor]:
    found = []
    names: dict[str, str] = {}
    for entry in _names(host, _POWERCAP):
        if not host.exists(f"{_POWERCAP}/{entry}/energy_uj"):
            continue
        own = host.optional(f"{_POWERCAP}/{entry}/name") or entry
        parent = names.get(entry.rpartition(":")[0])
        zone = names[entry] = f"{parent}/{own}" if parent else own
        # The same counter may be offered twice, by MSR and by MMIO.
        zone = f"{zone} mmio" if "mmio" in entry else zone
        found.append(Sensor("energy", (zone,), f"{_POWERCAP}/{entry}/energy_uj", 1e-6))
    return found


def _batteries(host: Host) -> list[Sensor]:
    found = []
    for entry in _names(host, _SUPPLY):
        folder = f"{_SUPPLY}/{entry}"
        if host.optional(f"{folder}/type") != "Battery" or host.optional(f"{folder}/scope") == "Device":
            continue
        if host.exists(f"{folder}/capacity"):
            found.append(Sensor("charge", (entry,), f"{folder}/capacity", 1e-2))
        if host.exists(f"{folder}/power_now"):
            found.append(Sensor("power", (entry, "battery"), f"{folder}/power_now", 1e-6))
    return found


def _names(host: Host, folder: str) -> list[str]:
    try:
        return host.listing(folder)
    except HostError:
        return []
