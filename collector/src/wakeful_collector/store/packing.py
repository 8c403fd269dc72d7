"""Documents as the text of a column."""

from __future__ import annotations

import json
from typing import Any


def packed(value: Any) -> str:
    """Return a document as JSON without spaces; raise ValueError when it holds a number that JSON has none for."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
