"""Bodies of the agents' requests and answers: read within a bound, packed where that is worth it."""

from __future__ import annotations

from typing import Any

from isal import igzip

from wakeful_wire.errors import WireError

GZIP_FROM_BYTES = 1_024


def body_of(environ: dict[str, Any], most: int) -> bytes:
    """Return the body of a WSGI request; raise WireError (400, 413) when it is cut short or larger than `most`."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length:
        if not (length.isascii() and length.isdigit()):
            raise WireError("invalid", "Content-Length: must be a whole number", 400)
        if len(length) > 15 or int(length) > most:
            raise _too_large(most)
        body = _read(environ, int(length))
        if len(body) != int(length):
            raise WireError("cut_short", "the body ends before its Content-Length", 400)
        return body
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() != "chunked":
        return b""
    body = _read(environ, most + 1)
    if len(body) > most:
        raise _too_large(most)
    return body


def gzipped(body: bytes) -> bytes:
    """Return the body packed."""
    packed: bytes = igzip.compress(body)
    return packed


def _read(environ: dict[str, Any], most: int) -> bytes:
    try:
        body: bytes = environ["wsgi.input"].read(most)
    except OSError as error:
        raise WireError("cut_short", f"the connection broke while the body was read: {error}", 400) from None
    return body


def _too_large(most: int) -> WireError:
    return WireError("too_large", f"the body has more than {most} bytes", 413)
