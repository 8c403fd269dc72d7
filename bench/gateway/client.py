"""The client of the bench: asks over kept connections and notes when what came was sent."""

from __future__ import annotations

import asyncio
import json
import time
from typing import NamedTuple

AT = b'"at":'


class Target(NamedTuple):
    """Where to ask: a port, the path before the API's own, and the key."""

    port: int
    prefix: str = ""
    key: str = ""


class Line:
    """One connection."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def open(self) -> Line:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.target.port)
        return self

    async def ask(self, path: str, body: bytes, more: str = "") -> None:
        head = f"POST {self.target.prefix}{path} HTTP/1.1\r\nHost: 127.0.0.1:{self.target.port}\r\n"
        head += f"Authorization: Bearer {self.target.key}\r\nContent-Type: application/json\r\n{more}"
        self.writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await self.writer.drain()
        status = await self.reader.readuntil(b"\r\n\r\n")
        assert status.startswith(b"HTTP/1.1 20"), status

    async def chunk(self) -> bytes:
        size = int(await self.reader.readuntil(b"\r\n"), 16)
        content = await self.reader.readexactly(size + 2)
        return content[:-2]

    def close(self) -> None:
        self.writer.close()


async def first_bytes(targets: list[Target], times: int) -> list[list[float]]:
    """Return for each target how many milliseconds it took to the first byte of an answer; asked in turns."""
    connections = [await Line(target).open() for target in targets]
    took: list[list[float]] = [[] for _ in targets]
    body = json.dumps({"model": "gem", "lines": 1, "every_ms": 0, "messages": []}).encode()
    for _ in range(times):
        for line, found in zip(connections, took):
            began = time.monotonic_ns()
            await line.ask("/api/chat", body)
            first = await line.chunk()
            found.append((time.monotonic_ns() - began) / 1e6)
            while first:
                first = await line.chunk()
            await asyncio.sleep(0.005)
    for line in connections:
        line.close()
    return took


async def late(target: Target, lines: int, every_ms: float) -> list[float]:
    """Return for each line of a stream how many milliseconds after its sending it was there."""
    line = await Line(target).open()
    await line.ask("/api/chat", json.dumps({"model": "gem", "lines": lines, "every_ms": every_ms}).encode())
    found = []
    while content := await line.chunk():
        now = time.monotonic_ns()
        found += [(now - int(part.partition(b",")[0])) / 1e6 for part in content.split(AT)[1:]]
    line.close()
    return found


async def many(target: Target, streams: int, lines: int, every_ms: float) -> list[float]:
    """Return the same for all lines of many streams at once."""
    found = await asyncio.gather(*(late(target, lines, every_ms) for _ in range(streams)))
    return [one for stream in found for one in stream]


async def download(target: Target, size: int) -> float:
    """Return how many seconds a stream of that size takes."""
    began = time.monotonic()
    line = await Line(target).open()
    await line.ask("/api/generate", json.dumps({"model": "gem", "size": size}).encode())
    while await line.chunk():
        pass
    line.close()
    return time.monotonic() - began


async def upload(target: Target, size: int) -> float:
    """Return how many seconds a body of that size takes."""
    began = time.monotonic()
    line = await Line(target).open()
    head = f"POST {target.prefix}/api/blobs/sha256:0 HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n"
    line.writer.write(f"{head}Authorization: Bearer {target.key}\r\nContent-Length: {size}\r\n\r\n".encode())
    piece = bytes(1 << 16)
    for _ in range(size // len(piece)):
        line.writer.write(piece)
        await line.writer.drain()
    assert b" 201 " in await line.reader.readuntil(b"\r\n\r\n")
    line.close()
    return time.monotonic() - began
