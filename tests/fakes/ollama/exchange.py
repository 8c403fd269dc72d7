"""One request and its answer on the wire, as Go's server reads and writes them."""

from __future__ import annotations

import dataclasses
import datetime
import email.utils
import hashlib
import http
import json
import re
import time
from typing import TYPE_CHECKING, Any

from .connection import Gone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .connection import Connection

NDJSON = "application/x-ndjson"
JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
EVENTS = "text/event-stream"
PIECE_BYTES = 1 << 16
KEPT_BODY_BYTES = 1 << 20
UNWANTED_BYTES = 1 << 18
NO_BODY = {100, 204, 304}
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclasses.dataclass
class Visit:
    """What was seen of one request; `outcome` is waiting, served, cancelled (by the client) or broken (by a fault)."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    """At most the first MiB; `body_bytes` is what came."""
    body_bytes: int = 0
    status: int = 0
    sent_bytes: int = 0
    sent: Any = dataclasses.field(default_factory=hashlib.sha256, repr=False)
    """A running hash of the body that was answered: whoever passes it on must pass on exactly that."""
    outcome: str = "waiting"
    began: float = dataclasses.field(default_factory=time.monotonic)
    ended: float = 0.0

    @property
    def path(self) -> str:
        """The path as it was sent, without its query."""
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """Return a header's value; None when it was not sent."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        """Return the document that was sent."""
        return json.loads(self.body)


class Malformed(Exception):
    """What came is no request of HTTP/1.1: 400, and the connection ends."""


def read_head(head: bytes) -> Visit:
    """Return a request of its head; Malformed when it is none."""
    try:
        first, *rest = head.decode("latin-1").split("\r\n")
        method, target, version = first.split(" ")
        pairs = [line.partition(":") for line in rest]
    except ValueError as error:
        raise Malformed("malformed request") from error
    if version != "HTTP/1.1" or not target.startswith("/"):
        raise Malformed("malformed HTTP version or target")
    if any(not colon or not TOKEN.fullmatch(name) for name, colon, _ in pairs):
        raise Malformed("malformed MIME header line")
    visit = Visit(method, target, [(name, value.strip()) for name, _, value in pairs])
    names = [name.lower() for name, _, _ in pairs]
    if names.count("host") != 1:
        raise Malformed("missing required Host header" if "host" not in names else "too many Host headers")
    if "transfer-encoding" in names and (
        "content-length" in names or (visit.header("transfer-encoding") or "").lower() != "chunked"
    ):
        raise Malformed("unsupported transfer encoding")
    return visit


class Exchange:
    """What a handler reads the request from and writes the answer to."""

    def __init__(self, connection: Connection, visit: Visit) -> None:
        self.connection, self.visit = connection, visit
        self.body_left = visit.header("content-length") not in {None, "0"} or self._chunked
        self.keep = (visit.header("connection") or "").lower() != "close"
        self.begun = False

    @property
    def _chunked(self) -> bool:
        return self.visit.header("transfer-encoding") is not None

    @property
    def _is_small(self) -> bool:
        length = self.visit.header("content-length")
        return length is not None and int(length) <= UNWANTED_BYTES and self.visit.header("expect") is None

    # The request.

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes; ask for it first where the client waits to be asked."""
        if not self.body_left:
            return
        if (self.visit.header("expect") or "").lower() == "100-continue":
            await self.connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        source = self._chunks() if self._chunked else self._counted(int(self.visit.header("content-length") or 0))
        async for piece in source:
            self.visit.body_bytes += len(piece)
            if len(self.visit.body) < KEPT_BODY_BYTES:
                self.visit.body += piece[: KEPT_BODY_BYTES - len(self.visit.body)]
            yield piece
        self.body_left = False

    async def body(self) -> bytes:
        """Return the whole body."""
        return b"".join([piece async for piece in self.pieces()])

    async def _counted(self, left: int) -> AsyncIterator[bytes]:
        while left:
            piece = await self.connection.some(min(left, PIECE_BYTES))
            left -= len(piece)
            yield piece

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int((await self.connection.line()).partition(b";")[0], 16):
            async for piece in self._counted(size):
                yield piece
            if await self.connection.line():
                raise Gone
        while await self.connection.line():  # trailers
            pass

    # The answer.

    async def answer(
        self, status: int, body: bytes = b"", kind: str = "", headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Send a whole answer."""
        if self.body_left and not self._is_small:  # Go reads no large body that nobody wanted: it closes
            self.keep = False
        lengths = (("Content-Length", str(len(body))),) if status not in NO_BODY else ()
        await self.connection.write(self._head(status, kind, (*headers, *lengths)))
        if self.visit.method != "HEAD" and body:
            self._count(body)
            await self.connection.write(body)
        if self.keep and self.body_left:
            await self.body()

    async def document(self, status: int, document: Any, kind: str = JSON) -> None:
        """Send a whole document."""
        await self.answer(status, packed(document), kind)

    async def begin(self, kind: str) -> None:
        """Start an answer that comes piece by piece."""
        self.begun = True
        await self.connection.write(self._head(200, kind, (("Transfer-Encoding", "chunked"),)))

    async def piece(self, data: bytes) -> None:
        """Send one piece, as one chunk."""
        self._count(data)
        await self.connection.write(b"%x\r\n%s\r\n" % (len(data), data))

    async def end(self) -> None:
        """End an answer of pieces."""
        await self.connection.write(b"0\r\n\r\n")

    def _count(self, data: bytes) -> None:
        self.visit.sent_bytes += len(data)
        self.visit.sent.update(data)

    def _head(self, status: int, kind: str, headers: tuple[tuple[str, str], ...]) -> bytes:
        self.visit.status = status
        try:
            reason = http.HTTPStatus(status).phrase
        except ValueError:
            reason = ""
        lines = [f"HTTP/1.1 {status} {reason}"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines += [f"Content-Type: {kind}"] if kind else []
        lines += [f"Date: {email.utils.formatdate(usegmt=True)}"]
        lines += [] if self.keep else ["Connection: close"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def packed(document: Any) -> bytes:
    """Return a document as Go's encoder writes it: no spaces, characters as they are."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def stamp(seconds: float) -> str:
    """Return a time as Go writes it."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
