"""Small game servers over real sockets, built from the protocols' documents: no real one can be installed here.

A2S: "Server queries" of the Valve Developer Community. Minecraft: "Server List Ping" (Java) and "RakNet" (Bedrock) of
the protocol's wiki.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from collections.abc import Iterator

QUERY = b"\xff\xff\xff\xffTSource Engine Query\0"
MAGIC = bytes.fromhex("00ffff00fefefefefdfdfdfd12345678")
CHALLENGE = b"\x11\x22\x33\x44"


def texts(*words: str) -> bytes:
    return b"".join(word.encode() + b"\0" for word in words)


def source_info(players: int = 5, limit: int = 10, bots: int = 2, application: int = 440, name: str = "Ours") -> bytes:
    """The payload of an A2S_INFO response behind its header, with the extra data a server of today sends."""
    more = b"\x01\x02\x03" if application == 2400 else b""
    counts = struct.pack("<HBBB", application, players, limit, bots)
    tail = b"\xb1" + struct.pack("<H", 27015) + struct.pack("<Q", 90071) + texts("tag,other") + struct.pack("<Q", 440)
    about = texts(name, "cp_badlands", "tf", "Team Fortress")
    return b"I\x11" + about + counts + b"dl\x00\x01" + more + texts("9234") + tail


def gold_info(modified: bool = True) -> bytes:
    """The payload of the answer of GoldSource servers before 2008."""
    mod = texts("http://example.org", "") + struct.pack("<BIIBB", 0, 1, 184_000_000, 0, 1) if modified else b""
    counts = struct.pack("<BBB", 12, 32, 47)
    about = texts("192.0.2.1:27015", "Old", "crossfire", "valve", "Half-Life")
    return b"m" + about + counts + b"dw\x00" + bytes([modified]) + mod + b"\x01\x03"


@contextlib.contextmanager
def datagrams(answer: Callable[[bytes], list[bytes]]) -> Iterator[int]:
    """Answer each datagram with those that `answer` returns; gives the port."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    server.settimeout(0.05)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            with contextlib.suppress(OSError):
                asked, peer = server.recvfrom(4096)
                for one in answer(asked):
                    server.sendto(one, peer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        ended.set()
        thread.join(5)
        server.close()


def a2s_server(
    info: bytes, challenge: bool = True, parts: int = 1, lost: int = 0
) -> contextlib.AbstractContextManager[int]:
    """A server that asks for a challenge first, splits its answer, or does not hear the first questions."""
    left = [lost]

    def answer(asked: bytes) -> list[bytes]:
        if not asked.startswith(QUERY):
            return []
        if left[0]:
            left[0] -= 1
            return []
        if challenge and asked != QUERY + CHALLENGE:
            return [b"\xff\xff\xff\xffA" + CHALLENGE]
        whole = b"\xff\xff\xff\xff" + info
        if parts == 1:
            return [whole]
        size = -(-len(whole) // parts)
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        heads = [b"\xfe\xff\xff\xff" + struct.pack("<iBBh", 7, len(pieces), at, size) for at in range(len(pieces))]
        return [head + piece for head, piece in zip(heads, pieces)][::-1]

    return datagrams(answer)


def bedrock_server(
    players: str = "3", name: str = "Dedicated Server", edition: str = "MCPE"
) -> contextlib.AbstractContextManager[int]:
    """A Bedrock edition's server that answers unconnected pings."""

    def answer(asked: bytes) -> list[bytes]:
        if asked[:1] != b"\x01" or asked[9:25] != MAGIC:
            return []
        told = f"{edition};{name};527;1.19.1;{players};10;13253860892328930865;Bedrock level;Survival;1;19132;19133;"
        return [
            b"\x1c" + asked[1:9] + struct.pack(">Q", 77) + MAGIC + struct.pack(">H", len(told.encode())) + told.encode()
        ]

    return datagrams(answer)


def java_status(**changes: Any) -> dict[str, Any]:
    return {
        "version": {"name": "1.21.1", "protocol": 767},
        "players": {"max": 100, "online": 5, "sample": [{"name": "somebody", "id": "4566e69f"}]},
        "description": {"text": "\u00a7aA ", "extra": [{"text": "Minecraft "}, "Server"]},
        "favicon": "data:image/png;base64," + "A" * 20_000,
        **changes,
    }


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def java_packet(status: Any) -> bytes:
    text = json.dumps(status, ensure_ascii=False).encode()
    body = b"\0" + varint(len(text)) + text
    return varint(len(body)) + body


def java_serve(status: Any, heard: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    """Return what serves one connection: reads the greeting and the request packet by packet, and answers."""

    def packet(channel: socket.socket) -> bytes:
        size, shift = 0, 0
        while True:
            byte = channel.recv(1)[0]
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        body = b""
        while len(body) < size:
            body += channel.recv(size - len(body))
        return body

    def serve(channel: socket.socket) -> None:
        greeting, request = packet(channel), packet(channel)
        if heard is not None:
            heard.append(greeting)
        if greeting[0] == 0 and greeting[-1] == 1 and request == b"\0":
            channel.sendall(java_packet(status))

    return serve
