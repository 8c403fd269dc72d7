"""The port: it can be shut and opened again on the same port, frozen, and asked what it saw."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from ..pterodactyl.turning import PATIENCE_SECONDS, Turning, inside
from .connection import Connection, Gone
from .exchange import TEXT, Exchange, Malformed, Visit, read_head

if TYPE_CHECKING:
    import ssl


class Door:
    """Listens; subclasses say `handle`. Every public method may be called from any thread."""

    def __init__(self, turning: Turning, address: str, tls: ssl.SSLContext | None) -> None:
        self.turning, self.address, self.tls = turning, address, tls
        self.connections: set[Connection] = set()
        self.visits: list[Visit] = []
        self.port = 0
        self.listening: asyncio.AbstractServer | None = None
        self.thawed = turning.run(asyncio.Event)
        self.turning.run(self.thawed.set)

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request."""
        raise AssertionError(exchange)

    @property
    def url(self) -> str:
        """The address of the API, without a slash at the end."""
        return f"{'https' if self.tls else 'http'}://{self.address}:{self.port}"

    # What a test does to it.

    def open(self) -> None:
        """Listen, the second time on the same port."""
        if self.listening is None:
            self.listening = self.turning.wait(self._listen())

    def shut(self) -> None:
        """Listen no more and reset every connection: what a machine that was switched off looks like from loopback."""
        self.turning.run(self._shut)
        self.turning.settle()

    @inside
    def freeze(self) -> None:
        """Take connections and answer nothing: what a machine that is suspended looks like."""
        self.thawed.clear()

    @inside
    def thaw(self) -> None:
        """Answer again; what was asked meanwhile is answered now."""
        self.thawed.set()

    def drop(self) -> None:
        """Reset every connection."""
        self.turning.run(self._drop)
        self.turning.settle()

    @inside
    def seen(self, path: str = "", method: str = "") -> list[Visit]:
        """Return the requests that came, all or of one path and method, oldest first."""
        return [visit for visit in self.visits if path in {"", visit.path} and method in {"", visit.method}]

    def wait_for(self, outcome: str, path: str = "", count: int = 1, seconds: float = PATIENCE_SECONDS) -> list[Visit]:
        """Return the requests of an outcome once there are that many; fail when there are not in time."""
        until = time.monotonic() + seconds
        while len(found := [one for one in self.seen(path) if one.outcome == outcome]) < count:
            assert time.monotonic() < until, (outcome, path, self.seen())
            time.sleep(0.01)
        return found

    # How it serves.

    async def _listen(self) -> asyncio.AbstractServer:
        loop = self.turning.loop
        server = await loop.create_server(
            lambda: Connection(self), self.address, self.port, ssl=self.tls, backlog=1024, reuse_address=True
        )
        self.port = server.sockets[0].getsockname()[1]
        return server

    def _shut(self) -> None:
        if self.listening is not None:
            self.listening.close()
            self.listening = None
        self._drop()

    def _drop(self) -> None:
        for connection in list(self.connections):
            connection.reset()

    async def serve(self, connection: Connection) -> None:
        """Serve a connection's requests, one after the other."""
        try:
            while await self._serve_one(connection):
                pass
        except (Gone, ConnectionError):
            pass
        finally:
            connection.ended = True
            connection.transport.close()

    async def _serve_one(self, connection: Connection) -> bool:
        await self.thawed.wait()
        head = await connection.head()
        if head is None:
            return False
        await self.thawed.wait()
        try:
            visit = read_head(head)
        except Malformed as error:
            await self._malformed(connection, str(error))
            return False
        self.visits.append(visit)
        exchange = Exchange(connection, visit)
        try:
            await self.handle(exchange)
            await self.thawed.wait()
            visit.outcome = "served" if visit.outcome == "waiting" else visit.outcome
        except (asyncio.CancelledError, Gone):
            visit.outcome = "cancelled" if visit.outcome == "waiting" else visit.outcome
            raise
        finally:
            visit.ended = time.monotonic()
        return exchange.keep and visit.outcome == "served"

    async def _malformed(self, connection: Connection, text: str) -> None:
        body = f"400 Bad Request: {text}".encode()
        head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: {TEXT}\r\nConnection: close\r\n\r\n".encode()
        await connection.write(head + body)
