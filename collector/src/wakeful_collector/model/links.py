"""Links of shared terminals (sshx): whoever has one has a shell, so they are masked wherever they need not be whole.

Pure. Facts: `<origin>/s/<session>#<key>[,<write password>]`; the part behind `#` is the key to everything.
"""

from __future__ import annotations

import re
from typing import Any

DEPTH_MAX = 32
_LINK = re.compile(r"(https?://[^\s/\"'<>#]{1,253}/s/)([A-Za-z0-9]{1,64})#[A-Za-z0-9,]{1,128}")
_MAY_HOLD = re.compile(rb"/s/[A-Za-z0-9]{1,64}#")
_SHOWN_CHARACTERS = 4


def may_hold(content: bytes) -> bool:
    """Tell whether a JSON text may hold such a link; a cheap look before the careful one."""
    return _MAY_HOLD.search(content) is not None


def masked(text: str) -> str:
    """Return the text with every link in it masked: `https://sshx.io/s/AbCd...`."""
    return _LINK.sub(lambda found: f"{found[1]}{found[2][:_SHOWN_CHARACTERS]}...", text)


def masked_all(document: Any, depth: int = 0) -> Any:
    """Return the document with the links in every text of it masked, names of fields too."""
    if isinstance(document, str):
        return masked(document)
    if depth >= DEPTH_MAX:
        return document if isinstance(document, (int, float, bool, type(None))) else None
    if isinstance(document, dict):
        return {masked(str(key)): masked_all(value, depth + 1) for key, value in document.items()}
    if isinstance(document, list):
        return [masked_all(value, depth + 1) for value in document]
    return document
