"""The logs of the world read line by line: what was told as a warning or an error, and which fault explains it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LINE = re.compile(
    r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)\S*\s+(debug|info|warning|error|critical)\s+(.*)$", re.IGNORECASE
)
_GRAVE = ("warning", "error", "critical")


@dataclass(frozen=True)
class Grave:
    """A line that somebody should be able to explain."""

    file: str
    at: float
    level: str
    text: str


@dataclass(frozen=True)
class Fault:
    """Something that was done to the world, and how long its echo may be heard (seconds since the epoch)."""

    kind: str
    at: float
    until: float
    expects: re.Pattern[str]
    hits_users: bool
    failed: str = ""
    shifts: tuple[float, ...] = (0.0,)
    """By how much the lines of a log may be stamped wrongly while it lasted."""


def grave_lines(log: Path) -> list[Grave]:
    """Return the lines of `log` that are warnings or worse; lines without a head belong to the line before them."""
    found: list[Grave] = []
    last = 0.0
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        head = _LINE.match(line)
        if head is None:
            if "Traceback" in line or (line.startswith("wakeful") and "error" in line):
                found.append(Grave(log.name, last, "error", line))
            continue
        last = datetime.fromisoformat(head[1]).replace(tzinfo=UTC).timestamp()
        if head[2].lower() in _GRAVE:
            found.append(Grave(log.name, last, head[2].lower(), head[3]))
    return found


def cause(line: Grave, faults: list[Fault]) -> str:
    """Return the kind of the fault that explains the line: near it in time, and of words that it expects; else ""."""
    for fault in reversed(faults):
        near = any(fault.at - 2 <= line.at - shift <= fault.until for shift in fault.shifts)
        if near and fault.expects.search(line.text):
            return fault.kind
    return ""
