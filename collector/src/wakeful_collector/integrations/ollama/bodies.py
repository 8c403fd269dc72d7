"""The body of a request: as much of it as must be known, then all of it, piece by piece."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from wakeful_collector.integrations.ollama.dialects import Refusal
from wakeful_collector.integrations.ollama.scanning import TopLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE_BYTES = 64 * 1024
PEEK_BYTES_MAX = 8 * 1024 * 1024
"""How far into a body a model's name is looked for; pictures may stand before it."""

WHOLE_BYTES_MAX = 32 * 1024 * 1024
"""How large a body of a key that may use some models only can be: all of it must be read before it is passed on."""

HELD_BYTES_MAX = 256 * 1024 * 1024
"""What the bodies that a process holds back may amount to."""

_NAMES = ("model", "name")


class ClientGone(Exception):
    """The client hung up, or its body ended before its end."""


class Peeked(NamedTuple):
    """What a request says: the model's name (empty when it is not known), and whether it wants a stream.

    `is_known` is False when the body was too large to look for `stream`.
    """

    model: str = ""
    stream: bool | None = None
    is_known: bool = True


class _Allowance:
    """Bytes that all bodies of the process share."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        with self._lock:
            if self._left < size:
                return False
            self._left -= size
            return True

    def give_back(self, size: int) -> None:
        with self._lock:
            self._left += size


_allowance = _Allowance(HELD_BYTES_MAX)


@contextmanager
def held(size_bytes: int) -> Iterator[bool]:
    """Count a body of this size among those that the process holds, inside the block; False when it is one too many."""
    has_room = _allowance.take(size_bytes)
    try:
        yield has_room
    finally:
        if has_room:
            _allowance.give_back(size_bytes)


class Body:
    """The body of a WSGI request: `length_bytes` as its header says, None for one in chunks; `read_bytes` so far."""

    def __init__(self, environ: dict[str, Any]) -> None:
        said = environ.get("CONTENT_LENGTH") or ""
        self.is_chunked = not said and environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        self.length_bytes = None if self.is_chunked else int(said or 0)
        self.has_length = bool(said)
        self.read_bytes = 0
        self._input = environ["wsgi.input"]
        self._held = bytearray()
        self._allowed = 0
        self._ended = not self.is_chunked and not self.length_bytes

    def peek(self) -> Peeked:
        """Read until the model's name and the wish for a stream are known, or cannot become so.

        Raises ClientGone.
        """
        scan = TopLevel("model", "stream")
        while not scan.read(self._held) and not self._ended and self._hold_more(PEEK_BYTES_MAX):
            pass
        model, stream = scan.found.get("model"), scan.found.get("stream")
        is_known = scan.done or self._ended
        return Peeked(model if isinstance(model, str) else "", stream if isinstance(stream, bool) else None, is_known)

    def models(self) -> list[str]:
        """Read all of it and return every model that it names, however it is written: who is limited may not smuggle.

        Raises ClientGone; Refusal when it is too large, or no object of JSON.
        """
        while not self._ended:
            if not self._hold_more(WHOLE_BYTES_MAX):
                raise Refusal(413, "too_large", "the request is too large for a key that may use some models only")
        try:
            said = msgspec.json.decode(self._held)
        except (ValueError, RecursionError):
            raise Refusal(400, "not_json", "the request is not valid JSON") from None
        if not isinstance(said, dict):
            raise Refusal(400, "not_json", "the request is not an object of JSON")
        return [str(value) for key, value in _pairs(self._held) if key.strip().lower() in _NAMES and value]

    def pieces(self) -> Iterator[bytes]:
        """Yield all of it, from its first byte; raise ClientGone when it ends before its end. To be called once."""
        held, self._held = bytes(self._held), bytearray()
        self._give_back()
        if held:
            yield held
        del held
        while not self._ended:
            piece = self._read(PIECE_BYTES)
            if piece:
                yield piece

    def close(self) -> None:
        """Let go of what is held."""
        self._held = bytearray()
        self._give_back()

    def _hold_more(self, most: int) -> bool:
        """Hold as much again as is held already; False when that would be too much."""
        wanted = max(PIECE_BYTES, len(self._held))
        if len(self._held) + wanted > most or not _allowance.take(wanted):
            return False
        self._allowed += wanted
        self._held += self._read(wanted)
        return True

    def _read(self, size: int) -> bytes:
        try:
            piece: bytes = self._input.read(size)
        except Exception as error:  # the server's own errors: a chunk that is none, a connection that broke
            raise ClientGone(f"the request broke off: {error}") from error
        self.read_bytes += len(piece)
        self._ended = self.read_bytes == self.length_bytes or (self.is_chunked and not piece)
        if not piece and not self._ended:
            raise ClientGone("the request ended before its Content-Length")
        return piece

    def _give_back(self) -> None:
        _allowance.give_back(self._allowed)
        self._allowed = 0


def _pairs(content: bytes | bytearray) -> list[tuple[str, Any]]:
    """Return all fields of an object of JSON, also those that stand there twice.

    Ollama takes the last one, but for a `null`, which leaves it with the one before.
    """
    try:
        pairs: list[tuple[str, Any]] = json.loads(content.decode(), object_pairs_hook=list)
    except (ValueError, RecursionError):
        raise Refusal(400, "not_json", "the request is not valid JSON") from None
    return pairs
