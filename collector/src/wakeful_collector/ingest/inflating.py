"""Unpacks a push within a bound, as `wakeful_wire.packing` does, with a quicker gunzip."""

from __future__ import annotations

from isal import isal_zlib

from wakeful_wire import limits
from wakeful_wire.errors import WireError

_GZIP_WINDOW = 16 + isal_zlib.MAX_WBITS


def inflate(packed: bytes, most: int = limits.INFLATED_BYTES_MAX) -> bytes:
    """Return what the gzip member holds; raise WireError when it is cut short, is not gzip, or is larger than `most`.

    Source: RFC 1952. Not one byte past the bound is inflated. A second member or bytes behind the first are refused.
    """
    unpacker = isal_zlib.decompressobj(_GZIP_WINDOW)
    try:
        content: bytes = unpacker.decompress(packed, most + 1)
    except isal_zlib.error as error:  # type: ignore[misc] # the library has no types
        raise WireError("not_gzip", f"the body is not gzip: {error}", 400) from None
    if len(content) > most:
        raise WireError("too_large", f"the body inflates to more than {most} bytes", 413)
    if not unpacker.eof:
        raise WireError("cut_short", "the gzip body ends too early", 400)
    if unpacker.unused_data:
        raise WireError("not_gzip", "there are bytes behind the gzip body", 400)
    return content
