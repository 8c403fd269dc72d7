"""What a long answer and the server under it say to each other."""

from __future__ import annotations

from urllib.parse import unquote

CROWDED = "wakeful.crowded"
"""Stands in the environment of a request that should have had a thread of its own where there was none: refuse it."""

LONG_PATHS = ("/ollama", "/gateway/ollama")
"""Requests below these paths may take minutes."""


class BrokenOff(Exception):
    """Raised by an answer's iterator: what was sent is not whole, and the client must see that by the connection."""


def is_long(path: str) -> bool:
    """Tell whether a request of this path may take minutes, however the path is written (`/%6fllama`)."""
    path = unquote(path)
    return path.startswith(LONG_PATHS) and any(path == one or path.startswith(f"{one}/") for one in LONG_PATHS)


def begins_long(data: bytes) -> bool:
    """Tell whether what a connection brings begins such a request."""
    _, _, rest = data[:64].partition(b" ")
    return rest.startswith(_BEGINNINGS)


_BEGINNINGS = tuple(f"{one}{end}".encode() for one in LONG_PATHS for end in ("/", " "))
