"""What the name of a task says: `UPID:node:pid:pstart:starttime:type:id:user:`, hexadecimal in the middle. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_UPID = re.compile(
    r"UPID:([A-Za-z0-9][A-Za-z0-9.-]{0,62}):([0-9A-F]{8,9}):([0-9A-F]{8,9}):([0-9A-F]{8}):([^:\s]{1,64}):([^:\s]{0,128}):"
    r"([^:\s]{1,160}):"
)


class Upid(NamedTuple):
    """A task by its name: where and since when it runs, what it does to which id, and as whom."""

    text: str
    node: str
    started_ms: int
    kind: str
    subject: str
    user: str


def parsed(text: object) -> Upid | None:
    """Return what a task's name says; None when it is none."""
    found = _UPID.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    node, _, _, started, kind, subject, user = found.groups()
    return Upid(found.string, node, int(started, 16) * 1000, kind, subject, user)
