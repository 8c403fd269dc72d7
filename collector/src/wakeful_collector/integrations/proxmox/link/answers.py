"""What a cluster answers, read within bounds of size and time, and taken out of its envelope."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.link.errors import PveError, page_title, printable, refusal

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

BODY_BYTES_MAX = 67_108_864
PIECE_BYTES = 65_536
_SHOWN_CHARACTERS = 80


def read(answer: BaseHTTPResponse, path: str, until_seconds: float) -> bytes:
    """Return the body of an answer; `until_seconds` is when it must be over, on the monotonic clock.

    Raises:
        PveError: kind `garbled` when it is too much, `unreachable` when it takes too long.
    """
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read1(PIECE_BYTES, decode_content=False):  # what is there: one that drips is timed too
        size += len(piece)
        if size > BODY_BYTES_MAX:
            raise PveError("garbled", f"it answers more than {BODY_BYTES_MAX} bytes", answer.status, path=path)
        if clock.monotonic_seconds() > until_seconds:
            raise PveError("unreachable", "it takes too long to answer", answer.status, path=path)
        pieces.append(piece)
    return b"".join(pieces)


def data(status: int, reason: str, body: bytes, path: str) -> Any:
    """Return what stands in the envelope of a success.

    Raises:
        PveError: the cluster refuses, or what answered is not the API.
    """
    reason = _decoded(reason)
    try:
        told = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        told = None
    if status != HTTPStatus.OK:
        if isinstance(told, dict) or status >= HTTPStatus.BAD_REQUEST:
            raise refusal(status, _told(reason, body) if told is None else reason, told, path)
        raise PveError("garbled", f"it answers {status} {reason}, which is no answer of the API", status, path=path)
    if not isinstance(told, dict) or "data" not in told:
        raise PveError("garbled", f"what it answers is not the API's JSON: {_beginning(body)}", status, path=path)
    return told["data"]


def rows(found: Any, path: str) -> list[dict[str, Any]]:
    """Return a list of objects as one. Raises PveError, kind `garbled`, when it is anything else."""
    if isinstance(found, list) and all(isinstance(one, dict) for one in found):
        return found
    raise PveError("garbled", f"it answers no list where one belongs: {_shape(found)}", path=path)


def one(found: Any, path: str) -> dict[str, Any]:
    """Return an object as one. Raises PveError, kind `garbled`, when it is anything else."""
    if isinstance(found, dict):
        return found
    raise PveError("garbled", f"it answers no object where one belongs: {_shape(found)}", path=path)


def _decoded(reason: str) -> str:
    """Return a reason phrase as it was meant: it comes as the bytes of UTF-8."""
    try:
        return reason.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return reason


def _told(reason: str, body: bytes) -> str:
    """Return what an answer without JSON says: its reason phrase, and the title of its page."""
    title = page_title(body[:PIECE_BYTES].decode("utf-8", "replace"))
    return f"{reason} ({title})" if title and title != reason else reason


def _beginning(body: bytes) -> str:
    text = body[:PIECE_BYTES].decode("utf-8", "replace")
    shown = page_title(text) or printable(text)
    return f"{shown[:_SHOWN_CHARACTERS]!r}" if shown else "nothing at all"


def _shape(found: Any) -> str:
    return "nothing" if found is None else f"{type(found).__name__} {printable(str(found))[:_SHOWN_CHARACTERS]}"
