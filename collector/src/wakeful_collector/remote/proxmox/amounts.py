"""Amounts as Proxmox's own pages write them: sizes in GiB, shares in percent. Pure."""

from __future__ import annotations

_STEP = 1024.0
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def number(value: object) -> float | None:
    """Return a number, None for anything else."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def size(value: object) -> str:
    """Return bytes in their largest sensible unit, empty for what is no number."""
    left = number(value)
    if left is None:
        return ""
    unit = 0
    while left >= _STEP and unit < len(_UNITS) - 1:
        left, unit = left / _STEP, unit + 1
    return f"{left:.0f} {_UNITS[unit]}" if unit == 0 or left >= 100 else f"{left:.1f} {_UNITS[unit]}"


def share(used: object, most: object) -> str:
    """Return how much of it is used, `42 %`; empty when nobody knows."""
    part, whole = number(used), number(most)
    return f"{100 * part / whole:.0f} %" if part is not None and whole else ""


def of(used: object, most: object) -> str:
    """Return `1.2 of 4.0 GiB`, or what is known of it."""
    return f"{size(used)} of {size(most)}" if size(used) and number(most) else size(used) or size(most)


def percent(value: object) -> str:
    """Return a share between 0 and 1 as `42 %`."""
    found = number(value)
    return "" if found is None else f"{100 * found:.0f} %"
