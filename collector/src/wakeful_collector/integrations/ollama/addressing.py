"""Whom a request to the gateway is meant for: `/ollama/MACHINE/...`, or `/ollama/...` for the default machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Container

PREFIX = "/ollama"
_PLAIN = "/:@!$&'()*+,;=-._~%"
"""What may stand in a path without being said otherwise (RFC 3986), and what is said otherwise already."""


class Place(NamedTuple):
    """A machine's name (empty: the default one), the prefix that was taken off, and what remains, as it was sent.

    `target` is the path with its query, `path` without.
    """

    machine: str
    prefix: str
    target: str
    path: str


def is_ours(path: str) -> bool:
    """Tell whether a path of the collector is one of the gateway."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def place_of(environ: dict[str, Any], names: Container[str]) -> Place:
    """Return where a WSGI request below PREFIX goes; a first segment that is a machine's name wins."""
    path = _sent(environ)[len(PREFIX) :]
    query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
    first, slash, rest = path.removeprefix("/").partition("/")
    if first and first in names:
        rest = f"/{rest}" if slash else "/"
        return Place(first, f"{PREFIX}/{first}", rest + query, rest)
    path = path or "/"
    return Place("", PREFIX, path + query, path)


def _sent(environ: dict[str, Any]) -> str:
    """Return the path as the client wrote it, where it is still that: another front may have written another one."""
    path: str = environ["PATH_INFO"]
    raw: str = environ.get("RAW_URI", "").partition("?")[0].partition("#")[0]
    if raw.startswith(PREFIX) and unquote_to_bytes(raw) == path.encode("latin-1"):
        return raw
    return quote(path.encode("latin-1"), safe=_PLAIN.replace("%", ""))
