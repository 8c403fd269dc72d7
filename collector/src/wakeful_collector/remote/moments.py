"""Times as the API writes them, and as people read them. Pure, but for the time zone of whoever reads."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import UTC, datetime

_SPAN = re.compile(r"([0-9]{1,6})([smhdw]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


class NoSpan(ValueError, ArgumentTypeError):
    """A text is no length of time; argparse shows what it says as it is."""


def at_ms(text: object) -> int | None:
    """Return an RFC 3339 time in milliseconds since the epoch; None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
        return None if found.tzinfo is None else round(found.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def ago(text: object, now_ms: int) -> str:
    """Return how long ago a time of the API was: `12s`, `5m`, `3h`, `2d`; `never` for none."""
    at = at_ms(text)
    return "never" if at is None else span(max(0, now_ms - at) / 1000)


def ahead(text: object, now_ms: int) -> str:
    """Return in how long a time of the API comes, empty for none and for one that has passed."""
    at = at_ms(text)
    return "" if at is None or at <= now_ms else f"in {span((at - now_ms) / 1000)}"


def span(seconds: float) -> str:
    """Return a length of time in its largest sensible unit."""
    for least, size, unit in ((172_800, 86_400, "d"), (7_200, 3_600, "h"), (120, 60, "m")):
        if seconds >= least:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def local(text: object) -> str:
    """Return a time of the API on the reader's own clock: `2026-11-21 03:12:09`; as it came when it is none."""
    at = at_ms(text)
    if at is None:
        return str(text or "")
    try:
        return datetime.fromtimestamp(at / 1000, UTC).astimezone().replace(tzinfo=None).isoformat(" ", "seconds")
    except (ValueError, OverflowError, OSError):
        return str(text)


def seconds_of(text: str) -> int:
    """Return the seconds of `90`, `90s`, `30m`, `2h` or `1d`; raise NoSpan otherwise."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise NoSpan(f"{text!r} is no length of time; write it like 90s, 30m or 2h")
    return int(found[1]) * _SECONDS[found[2]]
