"""Reading one HTTP/1.1 answer within bounds: status line, headers, body by length, by chunks or to the end.

Source: RFC 9112. Written here because `http.client` brings the `email` package along: 2.3 MB of memory.
"""

from __future__ import annotations

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

LINE_BYTES_MAX = 8192
HEADERS_MAX = 100
BODY_BYTES_MAX = 1024 * 1024


class BadResponse(ValueError):
    """What came back is not HTTP, or more than is taken."""


class Response(NamedTuple):
    """An answer; header names are lower case, `keep` says whether the connection can be used again.

    Several cookies stand in `set-cookie` with a line end between them.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    keep: bool


class Reader:
    """Takes lines, blocks and bodies of at most `most` bytes out of what `receive` brings (b"" at the end)."""

    def __init__(self, receive: Callable[[], bytes], most: int = BODY_BYTES_MAX) -> None:
        self._receive = receive
        self._most = most
        self._held = b""
        self.started = False
        """Whether anything has come at all."""

    def _more(self) -> bool:
        block = self._receive()
        self.started = self.started or bool(block)
        self._held += block
        return bool(block)

    def line(self) -> str:
        """Return the next line without its end."""
        while b"\n" not in self._held:
            if len(self._held) > LINE_BYTES_MAX:
                raise BadResponse("a line of the answer is too long")
            if not self._more():
                raise BadResponse("the connection was closed before the answer was whole")
        line, _, self._held = self._held.partition(b"\n")
        if len(line) > LINE_BYTES_MAX:
            raise BadResponse("a line of the answer is too long")
        return line.rstrip(b"\r").decode("latin-1")

    def block(self, size: int) -> bytes:
        """Return exactly `size` bytes."""
        while len(self._held) < size:
            if not self._more():
                raise BadResponse("the connection was closed before the answer was whole")
        block, self._held = self._held[:size], self._held[size:]
        return block

    def rest(self) -> bytes:
        """Return everything up to the end of the connection."""
        while self._more():
            self.bounded(len(self._held))
        block, self._held = self._held, b""
        return block

    def bounded(self, size: int) -> int:
        """Return `size` if a body of that many bytes is taken."""
        if size > self._most:
            raise BadResponse(f"the answer has more than {self._most} bytes")
        return size


def read_response(reader: Reader, bodiless: bool = False) -> Response:
    """Read one answer; interim answers (1xx) are skipped. Raises BadResponse, and what `receive` raises.

    `bodiless`: it answers HEAD, so that no body follows whatever its headers say.
    """
    for _ in range(10):
        version, status = _status(reader.line())
        headers = _headers(reader)
        if status >= 200:
            break
    else:
        raise BadResponse("only interim answers came")
    hold = headers.get("connection", "").lower()
    keep = "close" not in hold and (version != "HTTP/1.0" or "keep-alive" in hold)
    if bodiless or status in {204, 304}:
        return Response(status, headers, b"", keep)
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return Response(status, headers, _chunks(reader), keep)
    if "content-length" in headers:
        return Response(status, headers, reader.block(reader.bounded(_number(headers["content-length"], 10))), keep)
    return Response(status, headers, reader.rest(), False)


def read_tunnel(reader: Reader) -> int:
    """Read a proxy's answer to CONNECT, which has no body when it is a yes; return its status."""
    _, status = _status(reader.line())
    _headers(reader)
    return status


def _status(line: str) -> tuple[str, int]:
    version, _, rest = line.partition(" ")
    code = rest[:3]
    if not version.startswith("HTTP/1.") or len(code) != 3 or not code.isdecimal():
        raise BadResponse("the answer is not HTTP/1.1")
    return version, int(code)


def _headers(reader: Reader) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(HEADERS_MAX):
        line = reader.line()
        if not line:
            return headers
        name, colon, value = line.partition(":")
        if not colon:
            raise BadResponse("a header of the answer has no name")
        name = name.strip().lower()
        told = value.strip()
        if name == "set-cookie" and name in headers:
            told = f"{headers[name]}\n{told}"  # the one header whose lines cannot be joined by a comma (RFC 6265, 3)
        headers[name] = told
    raise BadResponse("the answer has too many headers")


def _chunks(reader: Reader) -> bytes:
    body = bytearray()
    while True:
        size = reader.bounded(_number(reader.line().partition(";")[0], 16))
        if not size:
            break
        body += reader.block(size)
        reader.bounded(len(body))
        if reader.line():
            raise BadResponse("a chunk of the answer is longer than it said")
    _headers(reader)
    return bytes(body)


def _number(text: str, base: int) -> int:
    text = text.strip()
    allowed = "0123456789abcdefABCDEF" if base == 16 else "0123456789"
    if not text or len(text) > 12 or any(character not in allowed for character in text):
        raise BadResponse("a length in the answer is not a number")
    return int(text, base)
