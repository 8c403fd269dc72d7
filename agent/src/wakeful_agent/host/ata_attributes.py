"""What the vendor-specific attributes of an ATA disk mean: their numbers are known only together with their names.

The same id means different things to different vendors: 233 is wear to Intel and gigabytes written to Kingston, 197 is
not in use on some disks. The names are those of smartctl's drive database.
"""

from __future__ import annotations

import re

from wakeful_agent.host.jsons import number, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

_COUNTED = {
    5: (re.compile("Realloc|Retired"), ("sectors", "reallocated")),
    187: (re.compile("Uncorrect"), ("errors", "uncorrectable")),
    188: (re.compile("Command_Timeout"), ("errors", "command_timeout")),
    197: (re.compile("Pending"), ("sectors", "pending")),
    198: (re.compile("Uncorrect"), ("sectors", "uncorrectable")),
    199: (re.compile("CRC"), ("errors", "crc")),
    174: (re.compile("Unexpect|Unsafe"), ("unsafe_shutdowns", "")),
    192: (re.compile("Unsafe"), ("unsafe_shutdowns", "")),
}
_LEFT = (
    re.compile(r"Percent_Life(time)?_Remain\w*"),
    re.compile(r"Media_Wearout_Indicator"),
    re.compile(r"SSD_Life_Left\w*"),
    re.compile(r"Remaining_Lifetime_Perc\w*"),
    re.compile(r"Wear_Leveling_Count"),
)
"""Names of attributes whose normalised value is the percentage of life left, the most telling first."""
_RAW_LEFT = re.compile(r"SSD_Life_Left\w*|Remaining_Lifetime_Perc\w*")
"""Those of them of which some firmware moves only the raw value."""
_MOVED = re.compile(r"(?:Host|Lifetime|Total)_(Writes?|Reads?|LBAs_Written|LBAs_Read)(?:_(32MiB|GiB))?")
_UNIT_BYTES = {"32MiB": 32 * 1024**2, "GiB": 1024**3}
_LEADING = re.compile(r"\d+")


def figures_of(rows: Iterable[Any], sector_bytes: int, known: bool) -> dict[tuple[str, str], float]:
    """Return what is counted in the attribute table; `known`: the disk is in the drive database, so units are sure."""
    found: dict[tuple[str, str], float] = {}
    lives: dict[int, float] = {}
    for row in rows:
        ident, name = int(number(row, "id") or 0), text(row, "name")
        pattern, key = _COUNTED.get(ident, (None, ("", "")))
        count = _raw(row, ident)
        if pattern is not None and pattern.search(name) and count is not None:
            found.setdefault(key, count)
        for place, wear in enumerate(_LEFT):
            left = _left(row, name) if wear.fullmatch(name) else None
            if left is not None:
                lives.setdefault(place, left)
        found.update(_moved(name, number(row, "raw", "value"), sector_bytes, known))
    if lives:
        found["wear", ""] = round(1 - lives[min(lives)] / 100, 2)
    return found


def _raw(row: Any, ident: int) -> float | None:
    """Return the count as smartctl would print it: some disks keep more than one number in the six bytes."""
    value = number(row, "raw", "value")
    if ident == 188 and value is not None:  # Seagate: all, those above 5 s, those above 7.5 s, two bytes each
        return float(int(value) & 0xFFFF) if value >= 0x10000 else value
    printed = _LEADING.match(text(row, "raw", "string"))
    return float(printed[0]) if printed else value


def _left(row: Any, name: str) -> float | None:
    left, raw = number(row, "value"), number(row, "raw", "value")
    if left is None:
        return None
    if left >= 100 and raw is not None and 2 <= raw < 100 and _RAW_LEFT.fullmatch(name):
        return raw
    return min(left, 100.0)


def _moved(name: str, raw: float | None, sector_bytes: int, known: bool) -> dict[tuple[str, str], float]:
    moved = _MOVED.fullmatch(name)
    if moved is None or raw is None:
        return {}
    direction = "read" if "Read" in moved[1] else "write"
    if moved[2]:
        return {("io", direction): raw * _UNIT_BYTES[moved[2]]}
    return {("io", direction): raw * sector_bytes} if moved[1].startswith("LBAs") and known else {}
