"""Amounts of memory and disk as people and Proxmox write them. Pure.

Units are 1024 each, as in Proxmox. What two people would read differently is refused with what to write instead:
`32` as a disk's size, `4` as memory, `4GB` and `4g` anywhere.
"""

from __future__ import annotations

import re

KIB, MIB, GIB, TIB = 2**10, 2**20, 2**30, 2**40
_FACTORS = {"K": KIB, "M": MIB, "G": GIB, "T": TIB}
_AMOUNT = re.compile(r"(\d{1,15})(?:\.(\d{1,6}))? ?([A-Za-z]*)", re.ASCII)
BARE_MEMORY_MIN = 16
"""The least number without a unit that is taken as MiB of memory: Proxmox takes no less either."""
AMOUNT_MAX = 2**60


class Unfit(ValueError):
    """A value that does not fit: the text says what it is, `hint` what would do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def read_bytes(text: str) -> int:
    """Return an amount with a unit (`32G`, `32GiB`, `512M`) in bytes; raise Unfit."""
    number, unit = _split(text)
    if not unit:
        raise Unfit(f"{text} has no unit", f"write {text}G for GiB or {text}M for MiB")
    return _whole(number, _factor(text, unit), text)


def read_memory(text: str) -> int:
    """Return an amount of memory in MiB: with a unit, or a number of MiB as Proxmox has it; raise Unfit."""
    number, unit = _split(text)
    if unit:
        found = _whole(number, _factor(text, unit), text)
        if found % MIB:
            raise Unfit(f"{text} is not a whole number of MiB", "write it in M or G")
        return found // MIB
    if "." in number or 0 < int(number) < BARE_MEMORY_MIN:
        raise Unfit(f"{text} would be {text} MiB, which is hardly meant", f"write {text}G for GiB")
    return int(number)


def from_proxmox(text: str) -> int | None:
    """Return what Proxmox writes of a volume's size (`32G`, `528K`, bytes without a unit) in bytes; None for others."""
    found = re.fullmatch(r"(\d{1,18})(?:\.(\d{1,6}))?([KMGT]?)", text.strip(), re.ASCII)
    if found is None:
        return None
    fraction = f".{found[2]}" if found[2] else ""
    return (
        int(float(f"{found[1]}{fraction}") * _FACTORS.get(found[3], 1))
        if fraction
        else int(found[1]) * (_FACTORS.get(found[3], 1))
    )


def written(size_bytes: int) -> str:
    """Return an amount as Proxmox writes it: in the largest unit that gives a whole number."""
    for unit in "TGMK":
        if size_bytes and size_bytes % _FACTORS[unit] == 0:
            return f"{size_bytes // _FACTORS[unit]}{unit}"
    return str(size_bytes)


def gibibytes(size_bytes: int) -> str:
    """Return an amount in GiB as a new volume takes it: `32`, or `0.5`; exact for whole MiB."""
    whole, rest = divmod(size_bytes, GIB)
    return str(whole) if not rest else f"{size_bytes / GIB:.10f}".rstrip("0")


def _split(text: str) -> tuple[str, str]:
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise Unfit(f"{text[:40]!r} is not an amount", "write it as 4G, 512M or 4GiB")
    return (f"{found[1]}.{found[2]}" if found[2] else found[1]), found[3]


def _factor(text: str, unit: str) -> int:
    plain = unit.removesuffix("iB")
    if plain in _FACTORS:
        return _FACTORS[plain]
    letter = unit[0].upper()
    if letter in _FACTORS:
        number = text.strip().removesuffix(unit).strip()
        reason = "is 1000s to some and 1024s to others" if unit[-1] in "bB" else "is no unit of ours"
        raise Unfit(f"{unit} {reason}", f"write {number}{letter} or {number}{letter}iB for 1024s")
    raise Unfit(f"{unit[:20]} is not a unit", "units are K, M, G and T, or KiB, MiB, GiB and TiB")


def _whole(number: str, factor: int, text: str) -> int:
    whole, _, fraction = number.partition(".")
    found = int(whole) * factor
    if fraction:
        parts = int(fraction) * factor
        if parts % 10 ** len(fraction):
            raise Unfit(f"{text} is not a whole number of bytes", "take a smaller unit")
        found += parts // 10 ** len(fraction)
    if found > AMOUNT_MAX:
        raise Unfit(f"{text} is more than there is", "check the unit")
    return found
