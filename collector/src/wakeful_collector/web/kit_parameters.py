"""Parameters of the API: each says its shape once, for the check, for the hint and for the OpenAPI document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wakeful_wire.limits import TIME_MS_MAX

if TYPE_CHECKING:
    from collections.abc import Callable

_SPAN_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_RELATIVE = re.compile(r"(?:now)?-([0-9]{1,6})([smhdwy])")
_SECONDS = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,3})?")
TIME_PATTERN = (
    r"^(now|(now)?-[0-9]{1,6}[smhdwy]|[0-9]{1,10}(\.[0-9]{1,3})?|(19[7-9]|20[0-9])[0-9]-(0[1-9]|1[0-2])"
    r"-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))$"
)
TIME_HINT = "give -1h, now, seconds since the epoch, or 2026-11-21T10:00:00Z"


class Misfit(ValueError):
    """A text that is no value of this kind; `str(error)` says what is wrong, `hint` what fits."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of parameter: its JSON Schema, and how its text is read at the time `now_ms`."""

    schema: dict[str, Any]
    parse: Callable[[str, int], Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a route; `default` is the text that stands for a missing one, None leaves the value None."""

    name: str
    kind: Kind
    help: str
    default: str | None = None
    repeated: bool = False
    required: bool = False
    at_most: int = 64


def parse_time(text: str, now_ms: int) -> int:
    """Return the time that `text` says, in milliseconds since the epoch; raise Misfit when it says none."""
    if text == "now":
        return now_ms
    relative = _RELATIVE.fullmatch(text)
    if relative is not None:
        return max(0, now_ms - int(relative[1]) * _SPAN_SECONDS[relative[2]] * 1000)
    if _SECONDS.fullmatch(text):
        return _bounded(round(float(text) * 1000))
    return _bounded(_rfc3339(text))


def whole(least: int, most: int) -> Kind:
    """Return the kind of whole numbers from `least` to `most`."""

    def parse(text: str, _: int) -> int:
        fits = text.isascii() and text.lstrip("-").isdigit() and len(text) <= 18
        if not fits or not least <= int(text) <= most:
            raise Misfit(f"is {text[:40]!r}", f"give a whole number from {least} to {most}")
        return int(text)

    return Kind({"type": "integer", "minimum": least, "maximum": most}, parse)


def choice(*words: str) -> Kind:
    """Return the kind of one of `words`."""

    def parse(text: str, _: int) -> str:
        if text not in words:
            raise Misfit(f"is {text[:40]!r}", f"give one of {', '.join(words)}")
        return text

    return Kind({"type": "string", "enum": list(words)}, parse)


def words(most: int, pattern: str | None = None, hint: str = "", least: int = 1) -> Kind:
    """Return the kind of texts with `least` to `most` characters that match `pattern` (a JSON Schema pattern)."""
    compiled = None if pattern is None else re.compile(pattern)

    def parse(text: str, _: int) -> str:
        if not least <= len(text) <= most:
            raise Misfit(f"has {len(text)} characters", f"give {least} to {most} characters")
        if compiled is not None and not compiled.search(text):
            raise Misfit(f"is {text[:40]!r}", hint)
        return text

    schema: dict[str, Any] = {"type": "string", "minLength": least, "maxLength": most}
    return Kind(schema if pattern is None else {**schema, "pattern": pattern}, parse)


def read(known: tuple[Parameter, ...], given: dict[str, list[str]], now_ms: int) -> dict[str, Any]:
    """Return the value of each known parameter by name; raise Misfit naming the first bad one."""
    for name in given:
        if name not in {parameter.name for parameter in known}:
            listed = ", ".join(parameter.name for parameter in known) or "no parameters"
            raise Misfit(f"{name[:40]!r} is not a parameter here", f"this takes {listed}")
    return {parameter.name: _value(parameter, given.get(parameter.name, []), now_ms) for parameter in known}


def _value(parameter: Parameter, texts: list[str], now_ms: int) -> Any:
    if not texts and parameter.default is not None:
        texts = [parameter.default]
    if not texts and parameter.required:
        raise Misfit(f"{parameter.name} is missing", parameter.help)
    if len(texts) > (parameter.at_most if parameter.repeated else 1):
        most = f"at most {parameter.at_most} times" if parameter.repeated else "once"
        raise Misfit(f"{parameter.name} is given {len(texts)} times", f"give it {most}")
    try:
        values = [parameter.kind.parse(text, now_ms) for text in texts]
    except Misfit as error:
        raise Misfit(f"{parameter.name} {error}", error.hint) from None
    if parameter.repeated:
        return values
    return values[0] if values else None


def _bounded(time_ms: int) -> int:
    if not 0 <= time_ms <= TIME_MS_MAX:
        raise Misfit("lies outside of 1970 to 2100", TIME_HINT)
    return time_ms


def _rfc3339(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None or "T" not in text or not text.isascii():
            raise ValueError
        return round(found.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Misfit(f"is {text[:40]!r}", TIME_HINT) from None


TIME = Kind({"type": "string", "pattern": TIME_PATTERN}, parse_time)
