"""Paths of the API, written so that no name in them can be anything but one step of the path."""

from __future__ import annotations

from urllib.parse import quote

from wakeful_collector.integrations.proxmox.link.errors import PveError

BASE = "/api2/json"
_PLAIN = "!@:-._~"
"""What stands in user names and UPIDs, and needs no quoting within a step (RFC 3986)."""


def path(*steps: str | int) -> str:
    """Return `/nodes/pve1/qemu/100` of its steps, each quoted.

    Raises:
        PveError: kind `garbled`, a step is empty, `.` or `..`: such a name would be another path.
    """
    for step in steps:
        if str(step) in {"", ".", ".."}:
            raise PveError("garbled", f"{str(step)!r} is no name that can stand in a path")
    return "".join(f"/{quote(str(step), safe=_PLAIN)}" for step in steps)
