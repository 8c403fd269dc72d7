"""What messages have in common: the same sentence with other numbers, names and addresses is the same message."""

from __future__ import annotations

import hashlib
import re

_PATTERN = re.compile(
    r"\x1b\[[0-9;]*[A-Za-z]"  # colours
    r"|\"[^\"]*\"|'[^']*'"  # what is quoted is a name
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b(?=[a-f]*\d)[0-9a-f]{6,}\b"
    r"|0x[0-9a-f]+|\d+"
)
_SPACE = re.compile(r"\s+")
_CHARACTERS_MAX = 400


def template(text: str) -> str:
    """Return the message with `#` for what changes from time to time."""
    return _SPACE.sub(" ", _PATTERN.sub("#", text[: 2 * _CHARACTERS_MAX].lower())).strip()[:_CHARACTERS_MAX]


def fingerprint(*parts: str) -> str:
    """Return twelve hex digits that stand for the parts."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:12]
