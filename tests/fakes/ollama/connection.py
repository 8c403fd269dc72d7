"""One connection of a client: bytes in and out, and the end of the client noticed while an answer is on its way."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .door import Door

HEAD_BYTES_MOST = 1 << 20
KEPT_BYTES = 1 << 20
"""Beyond it nothing is read until the handler has taken what is there."""


class Gone(Exception):
    """The client closed before all that it promised had come."""


class Connection(asyncio.Protocol):
    """A TCP connection; the server's side of HTTP/1.1 without a parser that forgives."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.incoming = bytearray()
        self.ended = False
        self.news = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self.transport: asyncio.Transport
        self.task: asyncio.Task[None]

    # What the loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to serve it."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.door.connections.add(self)
        self.task = self.door.turning.spawn(self.door.serve(self))

    def data_received(self, data: bytes) -> None:
        """Keep what came; read no further when nobody takes it."""
        self.incoming += data
        if len(self.incoming) > KEPT_BYTES:
            self.transport.pause_reading()
        self.news.set()

    def eof_received(self) -> bool:
        """Cancel what is being answered: a server in Go takes a half-closed connection for a client that left."""
        self._gone()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.door.connections.discard(self)
        self._gone()

    def pause_writing(self) -> None:
        """Hold writers: the client reads slowly."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """Let writers go on."""
        self.writable.set()

    def _gone(self) -> None:
        if not self.ended:
            self.ended = True
            self.news.set()
            self.writable.set()
            self.task.cancel()

    # What the handlers use.

    async def head(self) -> bytes | None:
        """Return the head of the next request without its blank line; None when there is none any more."""
        while (end := self.incoming.find(b"\r\n\r\n")) < 0:
            if self.ended or len(self.incoming) > HEAD_BYTES_MOST:
                return None
            await self._more()
        head = bytes(self.incoming[:end])
        self._take(end + 4)
        return head

    async def some(self, most: int) -> bytes:
        """Return at least one byte and at most `most`; Gone when the client ended."""
        while not self.incoming:
            if self.ended:
                raise Gone
            await self._more()
        return self._take(most)

    async def line(self) -> bytes:
        """Return one line without its end; Gone when the client ended."""
        while (end := self.incoming.find(b"\r\n")) < 0:
            if self.ended:
                raise Gone
            await self._more()
        return self._take(end + 2)[:-2]

    async def write(self, data: bytes) -> None:
        """Send bytes, at the pace of the client."""
        self.transport.write(data)
        await self.writable.wait()

    def cut(self) -> None:
        """End the connection after what was written, in the middle of an answer."""
        self.transport.close()

    def reset(self) -> None:
        """Break the connection as a program that crashed or a machine that lost it does: with a reset."""
        linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()

    async def _more(self) -> None:
        self.news.clear()
        await self.news.wait()

    def _take(self, most: int) -> bytes:
        taken = bytes(self.incoming[:most])
        del self.incoming[:most]
        if len(self.incoming) <= KEPT_BYTES and not self.ended:
            self.transport.resume_reading()
        return taken
