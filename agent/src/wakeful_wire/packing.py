"""gzip on the way: packing a document, and unpacking one within a bound."""

from __future__ import annotations

import json
import zlib

from wakeful_wire import check, limits
from wakeful_wire.errors import WireError
from wakeful_wire.prepared import Prepared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_MARK = "prepared"


def pack(document: Any) -> bytes:
    """Return the document, which may hold prepared ones, as gzipped JSON.

    Raises ValueError when it holds NaN or an infinity, TypeError when it holds what JSON does not know.
    """
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP_WINDOW)
    packed = [packer.compress(piece.encode("ascii")) for piece in _pieces(document)]
    return b"".join((*packed, packer.flush()))


def pack_with(packed: bytes, name: str, value: Any) -> bytes:
    """Return a packed object with one more member, without making objects of what it holds.

    Raises WireError when it is not gzip, and ValueError when what it holds does not end as an object with members.
    """
    content = inflate(packed)
    if content[-1:] != b"}" or content[-2:] == b"{}":
        raise ValueError("the packed document is not an object with members")
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP_WINDOW)
    more = json.dumps({name: value}, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    begun = packer.compress(memoryview(content)[:-1])
    return begun + packer.compress(b"," + more[1:].encode("ascii")) + packer.flush()


def _pieces(document: Any, mark: str = _MARK) -> Iterator[str]:
    """Yield the document's text in pieces; prepared documents are a mark in it at first, of which there is no other."""
    found: list[Prepared] = []

    def keep(value: Any) -> str:
        if not isinstance(value, Prepared):
            raise TypeError(f"JSON knows no {type(value).__name__}")
        found.append(value)
        return mark

    text = json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":"), default=keep)
    first, *others = text.split(f'"{mark}"') if found else [text]
    if len(others) != len(found):
        yield from _pieces(document, mark + "-")
        return
    yield first
    for prepared, piece in zip(found, others):
        yield prepared.text()
        yield piece


def inflate(packed: bytes, most: int = limits.INFLATED_BYTES_MAX) -> bytes:
    """Return what the gzip member holds, at most `most` bytes.

    Raises WireError when it is cut short, is not gzip, is larger, or when bytes follow it. Source: RFC 1952.
    """
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        content = unpacker.decompress(packed, most + 1)
    except zlib.error as error:
        raise WireError("not_gzip", f"the body is not gzip: {error}", 400) from None
    if len(content) > most:
        raise WireError("too_large", f"the body inflates to more than {most} bytes", 413)
    if not unpacker.eof:
        raise WireError("cut_short", "the gzip body ends too early", 400)
    if unpacker.unused_data:
        raise WireError("not_gzip", "there are bytes behind the gzip body", 400)
    return content


def check_items(content: bytes) -> None:
    """Raise WireError, status 413, when JSON text would take far more memory once read than it has bytes.

    An empty list takes 2 bytes in JSON and 64 in memory, a number 2 and 32. Brackets and commas within texts count too.
    """
    if content.count(b"[") + content.count(b"{") > limits.CONTAINERS_MAX:
        raise WireError("too_many", f"the body has more than {limits.CONTAINERS_MAX} lists and objects", 413)
    if content.count(b",") > limits.ITEMS_MAX:
        raise WireError("too_many", f"the body has more than {limits.ITEMS_MAX} items", 413)


def parse_json(content: bytes) -> Any:
    """Return the JSON document; raise WireError for anything that RFC 8259 does not allow, NaN and infinities too.

    What it holds is counted before it is read, see `check_items`.
    """
    check_items(content)
    try:
        document = json.loads(content.decode(), parse_constant=_refuse_constant)
    except WireError:
        raise
    except (ValueError, RecursionError) as error:
        raise WireError("not_json", f"the body is not JSON: {error}", 400) from None
    check.depth(document, "body")
    return document


def _refuse_constant(name: str) -> float:
    raise WireError("not_json", f"the body is not JSON: {name} is not a JSON number", 400)
