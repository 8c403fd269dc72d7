"""Paths of the API, written so that no name in them can be anything but one step of the path."""

from __future__ import annotations

from urllib.parse import quote

BASE = "/api2/json"
_PLAIN = "!@:-._~"
"""What stands in user names and UPIDs, and needs no quoting within a step (RFC 3986)."""


def path(*steps: str | int) -> str:
    """Return `/nodes/pve1/qemu/100` of its steps, each quoted.

    Raises:
        ValueError: a step is empty, `.` or `..`, which would name another path.
    """
    for step in steps:
        if str(step) in {"", ".", ".."}:
            raise ValueError(f"{str(step)!r} is no step of a path")
    return "".join(f"/{quote(str(step), safe=_PLAIN)}" for step in steps)
