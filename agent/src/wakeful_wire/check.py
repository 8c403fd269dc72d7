"""Small checks that every reader of the wire shares; each raises WireError naming the field."""

from __future__ import annotations

import json
import math

from wakeful_wire import limits
from wakeful_wire.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def refuse(where: str, problem: str, code: str = "invalid") -> WireError:
    """Return the error that says what is wrong with the field `where`."""
    return WireError(code, f"{where}: {problem}")


def mapping(value: Any, where: str, most: int | None = None) -> dict[str, Any]:
    """Return `value` if it is an object with text keys and at most `most` of them."""
    if not isinstance(value, dict):
        raise refuse(where, "must be an object")
    if most is not None and len(value) > most:
        raise refuse(where, f"has {len(value)} entries, at most {most} are taken", "too_many")
    for key in value:
        word(key, f"{where} key", limits.SHORT_TEXT_CHARACTERS_MAX, empty=True)
    return value


def sequence(value: Any, where: str, most: int) -> list[Any]:
    """Return `value` if it is a list of at most `most` items."""
    if not isinstance(value, list):
        raise refuse(where, "must be a list")
    if len(value) > most:
        raise refuse(where, f"has {len(value)} items, at most {most} are taken", "too_many")
    return value


def text(value: Any, where: str, most: int = limits.TEXT_CHARACTERS_MAX, empty: bool = True) -> str:
    """Return `value` if it is text of at most `most` characters that UTF-8 can carry, without control characters."""
    if not isinstance(value, str):
        raise refuse(where, "must be text")
    if len(value) > most:
        raise refuse(where, f"has {len(value)} characters, at most {most} are taken", "too_long")
    if not value and not empty:
        raise refuse(where, "must not be empty")
    if not value.isprintable() and any(_unfit(character) for character in value):
        raise refuse(where, "holds a control character or a lone surrogate")
    return value


def word(value: Any, where: str, most: int, empty: bool = False) -> str:
    """Return `value` if it is text on one line: a name, an id, a key. Those are quoted in log lines and errors."""
    text(value, where, most, empty)
    if "\n" in value or "\t" in value:
        raise refuse(where, "must stand on one line")
    return str(value)


def whole(value: Any, where: str, least: int, most: int) -> int:
    """Return `value` if it is a whole number from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse(where, "must be a whole number")
    if not least <= value <= most:
        raise refuse(where, f"must be from {least} to {most}", "out_of_range")
    return value


def number(value: Any, where: str, least: float = -math.inf, most: float = math.inf) -> float:
    """Return `value` as a finite float from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise refuse(where, "must be a number")
    try:
        result = float(value)
    except OverflowError:
        raise refuse(where, "is too large for a number", "not_finite") from None
    if not math.isfinite(result):
        raise refuse(where, "must be finite", "not_finite")
    if not least <= result <= most:
        raise refuse(where, f"must be from {least} to {most}", "out_of_range")
    return result


def flag(value: Any, where: str) -> bool:
    """Return `value` if it is true or false."""
    if not isinstance(value, bool):
        raise refuse(where, "must be true or false")
    return value


def depth(value: Any, where: str, most: int = limits.DEPTH_MAX) -> None:
    """Raise WireError when lists and objects nest deeper than `most`."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(most):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise refuse(where, f"nests deeper than {most} levels", "too_deep")


def document(value: Any, where: str, most: int) -> Any:
    """Return `value` if it nests within bounds, is JSON that UTF-8 can carry, and has at most `most` bytes as such.

    Raises WireError, with status 413 when it is too large.
    """
    depth(value, where)
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
    except UnicodeEncodeError:
        raise refuse(where, "holds a lone surrogate") from None
    except ValueError:
        raise refuse(where, "holds a number that is not finite", "not_finite") from None
    if size > most:
        raise WireError("too_large", f"{where}: has {size} bytes, at most {most} are taken", 413)
    return value


def _unfit(character: str) -> bool:
    point = ord(character)
    return (point < 0x20 and character not in "\t\n") or 0x7F <= point < 0xA0 or 0xD800 <= point < 0xE000
