"""Graphics cards as the kernel's drivers show them in /sys/class/drm: amdgpu, radeon, i915, xe, nouveau.

Source: Documentation/gpu/amdgpu/thermal.rst, Documentation/ABI/testing/sysfs-driver-intel-i915-hwmon and
sysfs-driver-intel-xe-hwmon of Linux. A card that sleeps is not read: reading would wake it.
"""

from __future__ import annotations

import re

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.host.files import Host

OK, FAILED, ASLEEP = STATES = ("ok", "failed", "asleep")
CARDS_MAX = 32
DRM = "sys/class/drm"
PCI = "sys/bus/pci/devices"
NVIDIA = "0x10de"
_VENDORS = {"0x1002": "AMD", "0x8086": "Intel", NVIDIA: "NVIDIA"}
_CARD = re.compile(r"card\d{1,4}")
_HWMON: tuple[tuple[tuple[str, str], tuple[str, ...], float], ...] = (
    (("temperature", ""), ("temp1_input", "temp2_input"), 1e-3),
    (("power", ""), ("power1_average", "power1_input"), 1e-6),
    (("power.limit", ""), ("power1_cap", "power1_max"), 1e-6),
    (("fan.speed", ""), ("fan1_input",), 1),
    (("frequency", "graphics"), ("freq1_input",), 1),
    (("frequency", "memory"), ("freq2_input",), 1),
)
_CARD_FILES: tuple[tuple[tuple[str, str], tuple[str, ...], float], ...] = (
    (("utilization", "general"), ("device/gpu_busy_percent",), 0.01),
    (("utilization", "memory"), ("device/mem_busy_percent",), 0.01),
    (("memory.limit", ""), ("device/mem_info_vram_total",), 1),
    (("memory.usage", ""), ("device/mem_info_vram_used",), 1),
    (
        ("frequency", "graphics"),
        ("gt/gt0/rps_act_freq_mhz", "gt_act_freq_mhz", "device/tile0/gt0/freq0/act_freq"),
        1e6,
    ),
)
IDLE_FILES = ("gt/gt0/rc6_residency_ms", "power/rc6_residency_ms", "device/tile0/gt0/gtidle/idle_residency_ms")
"""Where Intel's drivers count the milliseconds that a card slept between two pictures."""


class Gpu(NamedTuple):
    """One card, named by its place on the bus; `figures` by metric (behind `hw.gpu.`) and second label."""

    name: str
    state: str
    figures: Mapping[tuple[str, str], float | None]
    about: Mapping[str, Any]
    idle_ms: float | None = None


def short(bus: str) -> str:
    """Return the place on the bus without its domain where that is the first: `0000:01:00.0` is `01:00.0`."""
    domain, colon, place = label(bus.strip().lower(), 64).partition(":")
    return place if colon and ":" in place and not domain.strip("0") else domain + colon + place


def find_cards(host: Host) -> list[Gpu]:
    """Return the cards that tell anything; those of NVIDIA's own driver are left to nvidia-smi."""
    try:
        names = [name for name in host.listing(DRM) if _CARD.fullmatch(name)]
    except HostError:
        return []
    found = [_card(host, f"{DRM}/{name}") for name in sorted(names, key=lambda name: (len(name), name))[:CARDS_MAX]]
    return [card for card in found if card is not None]


def sleeping_nvidia(host: Host) -> list[str]:
    """Return the names of NVIDIA's cards if all are switched off to save power: asking one would switch it on."""
    try:
        devices = host.listing(PCI)
    except HostError:
        return []
    states = {
        short(device): host.optional(f"{PCI}/{device}/power/runtime_status")
        for device in devices
        if host.optional(f"{PCI}/{device}/vendor") == NVIDIA and host.optional(f"{PCI}/{device}/class")[:4] == "0x03"
    }
    return list(states)[:CARDS_MAX] if set(states.values()) == {"suspended"} else []


def _card(host: Host, folder: str) -> Gpu | None:
    vendor = host.optional(f"{folder}/device/vendor")
    driver = _target(host, f"{folder}/device/driver")
    if vendor not in _VENDORS or driver == "nvidia":
        return None
    about = {
        "vendor": _VENDORS[vendor],
        "model": label(host.optional(f"{folder}/device/product_name"))
        or label(host.optional(f"{folder}/device/device")),
        "driver": label(driver),
        "uuid": label(host.optional(f"{folder}/device/unique_id")),
    }
    name = short(_target(host, f"{folder}/device") or folder.rpartition("/")[2])
    if host.optional(f"{folder}/device/power/runtime_status") == "suspended":
        return Gpu(name, ASLEEP, {}, about)
    figures = {**_read(host, folder, _CARD_FILES), **_sensors(host, folder)}
    idle = next((value for path in IDLE_FILES if (value := _number(host, f"{folder}/{path}")) is not None), None)
    return Gpu(name, OK, figures, about, idle) if figures or idle is not None else None


def _sensors(host: Host, folder: str) -> dict[tuple[str, str], float]:
    try:
        chips = host.listing(f"{folder}/device/hwmon")
    except HostError:
        return {}
    found: dict[tuple[str, str], float] = {}
    for chip in chips[:4]:
        place = f"{folder}/device/hwmon/{chip}"
        found.update(_read(host, place, _HWMON))
        speed, most = found.get(("fan.speed", "")), _number(host, f"{place}/fan1_max")
        if speed is not None and most:
            found["fan.utilization", ""] = round(min(speed / most, 1.0), 4)
    return found


def _read(
    host: Host, folder: str, files: tuple[tuple[tuple[str, str], tuple[str, ...], float], ...]
) -> dict[tuple[str, str], float]:
    found = {}
    for key, names, scale in files:
        for name in names:
            value = _number(host, f"{folder}/{name}")
            if value is not None:
                found[key] = round(value * scale, 6)
                break
    return found


def _number(host: Host, path: str) -> float | None:
    try:
        value = float(host.whole(path))
    except (HostError, OverflowError):
        return None
    return value if value >= 0 else None


def _target(host: Host, path: str) -> str:
    try:
        return host.target(path).rpartition("/")[2]
    except HostError:
        return ""
