"""Reading a document of somebody else's: what is not there, or of another kind, is nothing and no error."""

from __future__ import annotations

import math

from wakeful_agent.host.text import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TEXT_CHARACTERS_MAX = 256
THINGS_MAX = 10_000


def at(document: Any, *path: str) -> Any:
    """Return what stands at the path of keys; None where there is no such way."""
    for key in path:
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def number(document: Any, *path: str) -> float | None:
    """Return the finite number at the path, also one written as text; None for anything else."""
    value = at(document, *path)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        value = float(value)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def text(document: Any, *path: str) -> str:
    """Return the text at the path without control characters and bounded; empty for anything else."""
    value = at(document, *path)
    return label(value.strip(), TEXT_CHARACTERS_MAX) if isinstance(value, str) else ""


def flag(document: Any, *path: str) -> bool | None:
    """Return the truth value at the path; None for anything else."""
    value = at(document, *path)
    return value if isinstance(value, bool) else None


def things(document: Any, *path: str) -> list[Any]:
    """Return the items of the list at the path that are objects; none for anything else."""
    value = at(document, *path)
    return [item for item in value[:THINGS_MAX] if isinstance(item, dict)] if isinstance(value, list) else []
