"""`keep_alive`: seconds, or a duration as Go writes them; how long a model stays loaded after a request."""

from __future__ import annotations

import re
from typing import Any

DEFAULT_SECONDS = 300.0
FOR_EVER_SECONDS = (2**63 - 1) / 1e9
"""What a negative number means: the longest duration that Go knows, 292 years."""
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|ms|s|m|h)")
KINDS = {bool: "bool", list: "[]interface {}", dict: "map[string]interface {}"}


class Invalid(ValueError):
    """No duration; the text is what Ollama answers."""


def keep_alive(value: Any) -> float:
    """Return the seconds of a `keep_alive` as it stands in a request; Invalid when it is none."""
    if value is None:
        return DEFAULT_SECONDS
    if isinstance(value, (bool, list, dict)):
        raise Invalid(f"Unsupported type: '{KINDS[type(value)]}'")
    seconds = parse(value) if isinstance(value, str) else float(value)
    return FOR_EVER_SECONDS if seconds < 0 else seconds


def parse(text: str) -> float:
    """Return the seconds of a duration such as `1h30m`; Invalid when it is none."""
    sign, rest = (-1.0, text[1:]) if text.startswith("-") else (1.0, text.removeprefix("+"))
    if rest == "0":
        return 0.0
    parts = PART.findall(rest)
    if not parts or "".join(number + unit for number, unit in parts) != rest:
        missing = re.fullmatch(r"(?:\d+\.?\d*|\.\d+)", rest) is not None
        raise Invalid(f'time: {"missing unit in" if missing else "invalid"} duration "{text}"')
    return sign * sum(float(number) * UNITS[unit] for number, unit in parts)
