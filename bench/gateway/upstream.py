"""The service that is asked, directly and through the gateway: streams lines that carry the moment they were sent.

    python bench/gateway/upstream.py        prints its port, runs until it is ended

`POST /api/chat` with `{"lines": 500, "every_ms": 20}` streams so many lines; `POST /api/generate` with `{"size": N}`
streams N bytes as fast as they are taken; `POST /api/blobs/X` takes a body and answers its size.
"""

from __future__ import annotations

import asyncio
import json
import time

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = b'{"response":"' + b"x" * 65_500 + b'"}\n'


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await answer(reader, writer):
            pass
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    size = int(next((line[15:] for line in head.split("\r\n") if line.lower().startswith("content-length:")), "0"))
    if "/api/blobs/" in head.partition("\r\n")[0]:
        left = size
        while left:
            left -= len(await reader.readexactly(min(left, 1 << 16)))
        said = str(size).encode()
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))
        return True
    asked = json.loads(await reader.readexactly(size))
    writer.write(HEAD)
    if "size" in asked:
        for _ in range(asked["size"] // len(PIECE)):
            writer.write(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
            await writer.drain()
    else:
        await lines(writer, asked["lines"], asked["every_ms"] / 1000)
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


async def lines(writer: asyncio.StreamWriter, count: int, every_seconds: float) -> None:
    due = time.monotonic()
    for _ in range(count):
        line = b'{"model":"gem","at":%d,"response":" token","done":false}\n' % time.monotonic_ns()
        writer.write(b"%x\r\n%s\r\n" % (len(line), line))
        due += every_seconds
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
