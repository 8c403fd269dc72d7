"""Figures as people read them: sizes, shares, durations, and times that the page's script turns into local ones."""

from __future__ import annotations

import math
import re
from typing import Any

from markupsafe import Markup

from wakeful_collector.clock import rfc3339

TIME_MS_MAX = 253_402_300_799_999
NOTHING = "\N{EN DASH}"
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_RATES = ("B/s", "kB/s", "MB/s", "GB/s", "TB/s")
_COUNTS = ("", "k", "M", "G", "T")
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPANS = ((86_400, "day", "days"), (3_600, "h", "h"), (60, "min", "min"))

_BROWSERS = (
    (r"Edg[A-Z]?[a-z]*/(\d{1,4})", "Edge"),
    (r"OPR/(\d{1,4})", "Opera"),
    (r"(?:Firefox|FxiOS)/(\d{1,4})", "Firefox"),
    (r"(?:Chrome|Chromium|CriOS)/(\d{1,4})", "Chrome"),
    (r"Version/(\d{1,4})[.\d]* (?:Mobile/\w+ )?Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
"""What user agents say of themselves, the one that others also claim to be last."""


def figures(value: float) -> str:
    """Return about three figures of `value`."""
    value = _float(value)
    if abs(value) >= 100:
        return f"{value:.0f}"
    text = f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return text.rstrip("0").rstrip(".")


def size(value: float | None) -> str:
    """Return bytes as `1.5 GiB`."""
    return NOTHING if value is None else _scaled(value, _SIZES, 1024)


def rate(value: float | None) -> str:
    """Return bytes per second as `1.2 MB/s`."""
    return NOTHING if value is None else _scaled(value, _RATES, 1000)


def count(value: float | None) -> str:
    """Return a number as `12`, `1.2 k`, `3.4 M`."""
    return NOTHING if value is None else _scaled(value, _COUNTS, 1000).strip()


def share(value: float | None) -> str:
    """Return a share of one as `34 %`."""
    if value is None:
        return NOTHING
    value = _float(value)
    return f"{value * 100:.1f} %" if 0 < value < 0.0995 else f"{value * 100:.0f} %"


def span(seconds: float | None) -> str:
    """Return a duration in its largest unit: `12 days`, `3 h`, `40 s`."""
    if seconds is None or not math.isfinite(_float(seconds)):
        return NOTHING
    for length, one, many in _SPANS:
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {one if count == 1 else many}"
    return f"{max(0, seconds):.0f} s"


def ago(at_ms: int | None, now_ms: int) -> str | Markup:
    """Return a time element that says how long ago `at_ms` was."""
    if at_ms is None:
        return "never"
    if not is_time(at_ms):
        return figures(at_ms)
    utc = rfc3339(int(at_ms))
    return Markup('<time datetime="{}" data-style="ago">{} ago</time>').format(utc, span((now_ms - at_ms) / 1000))


def at(at_ms: float | None) -> str | Markup:
    """Return a time element that the page's script writes in the viewer's zone; a figure for what is no time."""
    if at_ms is None:
        return "never"
    if not is_time(at_ms):
        return figures(at_ms)
    utc = rfc3339(int(at_ms))
    return Markup('<time datetime="{}">{}</time>').format(utc, utc.replace("T", " ").replace("Z", " UTC"))


def is_time(at_ms: float) -> bool:
    """Tell whether a number can be a time in milliseconds since the epoch: from 1970 to 9999."""
    return 0 <= at_ms <= TIME_MS_MAX


def sentence(text: str) -> str:
    """Return `text` with a capital first letter and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if not text or text.endswith((".", "!", "?")) else ".")


def level(value: float | None, warn: float, bad: float) -> str:
    """Return the class of a figure: nothing, `warn` or `bad`."""
    if value is None or value < warn:
        return ""
    return "bad" if value >= bad else "warn"


def cell(value: Any) -> str:
    """Return a cell of an inventory as text; lists are joined, objects are written as `key value`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return figures(value)
    if isinstance(value, list):
        return ", ".join(cell(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {cell(item)}" for key, item in value.items())
    return str(value)


def browser(program: str) -> str:
    """Return the browser and system that a user agent names, as `Firefox 145 on Linux`; what names none as it is."""
    for mark, name in _BROWSERS:
        found = re.search(mark, program)
        if found:
            system = next((name for mark, name in _SYSTEMS if mark in program), "")
            return f"{name} {found.group(1)}" + (f" on {system}" if system else "")
    return program


def plain(value: Any) -> Any:
    """Return text without the marks that turn the order of what follows; what is no plain text is left as it is.

    Names come from machines that may lie: with U+202E a name can make the words after it read backwards.
    """
    if type(value) is str and _TURNING.search(value):
        return _TURNING.sub("\N{REPLACEMENT CHARACTER}", value)
    return value


FILTERS = {
    "size": size,
    "rate": rate,
    "count": count,
    "share": share,
    "span": span,
    "ago": ago,
    "at": at,
    "sentence": sentence,
    "level": level,
    "cell": cell,
    "browser": browser,
}


def _scaled(value: float, names: tuple[str, ...], base: int) -> str:
    step = 0
    value = _float(value)
    while abs(value) >= base * 0.9995 and step < len(names) - 1:
        value /= base
        step += 1
    return f"{figures(value)} {names[step]}"


def _float(value: float) -> float:
    """Return a number of JSON as a float; whole numbers beyond all floats are infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
