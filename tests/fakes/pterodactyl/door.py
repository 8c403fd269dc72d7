"""One listening port that speaks HTTP/1.1: it can be shut, opened again on the same port, and frozen."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import socket
import ssl
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Tuple, Union
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from .turning import Turning

REASONS = {101: "Switching Protocols", 200: "OK", 204: "No Content", 302: "Found", 419: "Page Expired"}
Address = Tuple[str, int]
LOOPBACK = ("127.0.0.1", 0)
"""Where it listens: at any free port."""
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclasses.dataclass
class Request:
    """One request; header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    address: str

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies as they came, not decoded."""
        pairs = (part.strip().partition("=") for part in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if name}

    def json(self) -> Any:
        """Return the body's document; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclasses.dataclass
class Response:
    """One answer; `talk` takes the connection over after it."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    talk: Union[Talk, None] = None

    def packed(self) -> bytes:
        """Return it as it stands on the wire."""
        headers = list(self.headers)
        if self.status not in {101, 204}:
            headers.append(("Content-Length", str(len(self.body))))
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Answer')}"]
        lines += [f"{name}: {value}" for name, value in headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + self.body


def of_json(status: int, document: Any, headers: list[tuple[str, str]] | None = None) -> Response:
    """Return an answer with a document."""
    return Response(status, json.dumps(document).encode(), [("Content-Type", "application/json"), *(headers or [])])


async def read_request(reader: asyncio.StreamReader, address: str) -> Request | None:
    """Read one request; None when the client is done or sends none."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ssl.SSLError, ValueError):
        return None
    parts = urlsplit(target)
    return Request(method, unquote(parts.path), dict(parse_qsl(parts.query)), headers, body, address)


class Door:
    """A port with an `answer`; subclasses say it. Every public method may be called from any thread."""

    def __init__(self, turning: Turning, tls: ssl.SSLContext | None, at: Address = LOOPBACK) -> None:
        self.turning, self.tls = turning, tls
        self.writers: set[asyncio.StreamWriter] = set()
        self.thawed = turning.run(asyncio.Event)
        self.turning.run(self.thawed.set)
        self.listening: asyncio.AbstractServer | None = None
        self.host, self.port = at
        self.open()

    @property
    def authority(self) -> str:
        """Address and port."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address as a browser shows it, without a slash at the end."""
        return f"{'https' if self.tls else 'http'}://{self.authority}"

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        raise AssertionError(request)

    def open(self) -> None:
        """Listen, the second time on the same port."""
        if self.listening is None:
            self.listening = self.turning.wait(self._listen())

    def shut(self) -> None:
        """Listen no more and drop every connection: connecting is refused from now on."""
        self.turning.run(self._shut)
        self.turning.settle()

    def freeze(self) -> None:
        """Take connections and read nothing, answer nothing, close nothing: what a half-open path looks like."""
        self.turning.run(self.thawed.clear)

    def thaw(self) -> None:
        """Be there again; connections of the time before are gone."""
        self.drop()
        self.turning.run(self.thawed.set)

    def drop(self) -> None:
        """Drop every connection without a word, as a broken network does."""
        self.turning.run(self._drop)
        self.turning.settle()

    @property
    def frozen(self) -> bool:
        """Whether nothing is answered."""
        return not self.thawed.is_set()

    async def _listen(self) -> asyncio.AbstractServer:
        server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self.tls, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def _shut(self) -> None:
        if self.listening is not None:
            self.listening.close()
            self.listening = None
        self._drop()

    def _drop(self) -> None:
        for writer in list(self.writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await self._converse(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            self.writers.discard(writer)
            with contextlib.suppress(Exception):
                writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = (writer.get_extra_info("peername") or ("?",))[0]
        while True:
            await self.thawed.wait()
            request = await read_request(reader, address)
            if request is None:
                return
            await self.thawed.wait()
            response = await self.answer(request)
            await self.thawed.wait()
            writer.write(response.packed())
            await writer.drain()
            if response.talk is not None:
                await response.talk(reader, writer)
                return
            if request.headers.get("connection", "").lower() == "close":
                return
