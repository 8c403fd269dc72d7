"""Takes a channel's secrets out of what others say of it: error texts repeat the addresses they are about."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from wakeful_collector.model.story import plain

ERROR_CHARACTERS_MAX = 300
_PIECES = re.compile(r"[/?&#=@:;,]+")
_LONG = re.compile(r"[A-Za-z0-9_\-+/=.~%]{24,}")
_SECRET_CHARACTERS_MIN = 4
_HARMLESS = {"http", "https", "true", "false", "none", "localhost", "text", "mode", "format"}


def concealed(text: str, url: str, secret: str = "") -> str:
    """Return an error text for people, without pieces of the address beyond its scheme, nor keys."""
    scheme, _, rest = url.partition("://")
    pieces = {secret, url, rest, *_PIECES.split(rest), *_PIECES.split(unquote(rest))}
    host = _host(url) if scheme in {"http", "https"} else ""
    shown = plain(text, 4 * ERROR_CHARACTERS_MAX)
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= _SECRET_CHARACTERS_MIN and piece.lower() not in _HARMLESS | {host, scheme}:
            shown = shown.replace(piece, "...")
    return plain(_LONG.sub("...", shown), ERROR_CHARACTERS_MAX)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # brackets of an IPv6 address that are not closed
        return ""
