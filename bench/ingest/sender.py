"""Sends requests over kept-alive connections, one under way on each, and checks every answer."""

from __future__ import annotations

import selectors
import socket
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Sent(NamedTuple):
    """How a run went; latencies in seconds, sorted."""

    requests: int
    seconds: float
    latencies: list[float]
    refused: int

    def latency_ms(self, share: float) -> float:
        """Return a percentile of the latencies in milliseconds."""
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))] * 1000


def request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """Return a request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def send(address: tuple[str, int], requests: Iterator[bytes], connections: int, good: tuple[int, ...]) -> Sent:
    """Send all requests and return how that went; an answer whose status is not `good` counts as refused."""
    poller = selectors.DefaultSelector()
    began: dict[socket.socket, float] = {}
    latencies: list[float] = []
    refused = 0
    started = time.perf_counter()
    for _ in range(connections):
        one = next(requests, None)
        if one is None:
            break
        connection = socket.create_connection(address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poller.register(connection, selectors.EVENT_READ, bytearray())
        began[connection] = time.perf_counter()
        connection.sendall(one)
    while began:
        for key, _ in poller.select():
            connection: socket.socket = key.fileobj
            received: bytearray = key.data
            piece = connection.recv(65_536)
            if not piece:
                raise ConnectionError(f"the server hung up after {bytes(received)!r}")
            received += piece
            status = complete(received)
            if status is None:
                continue
            now = time.perf_counter()
            latencies.append(now - began[connection])
            if status not in good:
                refused += 1
                if refused == 1:
                    print("refused:", bytes(received))
            received.clear()
            one = next(requests, None)
            if one is None:
                poller.unregister(connection)
                connection.close()
                del began[connection]
                continue
            began[connection] = now
            connection.sendall(one)
    return Sent(len(latencies), time.perf_counter() - started, sorted(latencies), refused)


def complete(received: bytearray) -> int | None:
    """Return the status when the answer is whole."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(received[:end]).lower()
    status = int(head[9:12])
    mark = head.find(b"content-length:")
    if mark < 0:
        return status if status == 204 else None
    length = int(head[mark + 15 :].split(b"\r\n", 1)[0])
    return status if len(received) >= end + 4 + length else None
