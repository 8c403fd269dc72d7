"""RFC 6455 as far as a strict server needs it: reading frames of a client, writing frames, permessage-deflate."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TAIL = b"\x00\x00\xff\xff"


class Broken(Exception):
    """What the client sent ends the connection with this close code."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclasses.dataclass
class Frame:
    """One frame as it came, still packed when `packed`."""

    fin: bool
    packed: bool
    opcode: int
    payload: bytes


def accept_key(key: str) -> str:
    """Return the answer to the key of a handshake."""
    return base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()


async def read_frame(reader: asyncio.StreamReader, most_bytes: int, deflate: bool) -> Frame:
    """Read one frame; Broken when it is none, or is not masked, or is longer than `most_bytes` (0: no bound)."""
    first, second = await reader.readexactly(2)
    opcode, size = first & 15, second & 127
    if first & 0x30 or (first & 0x40 and not deflate):
        raise Broken(1002, "bad reserved bits")
    if not second & 0x80:
        raise Broken(1002, "a client's frame is masked")
    if opcode & 8 and (size > 125 or not first & 0x80):
        raise Broken(1002, "bad control frame")
    if opcode not in {CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG}:
        raise Broken(1002, "unknown opcode")
    if size == 126:
        [size] = struct.unpack(">H", await reader.readexactly(2))
    elif size == 127:
        [size] = struct.unpack(">Q", await reader.readexactly(8))
    if most_bytes and size > most_bytes:
        raise Broken(1009, "read limit exceeded")
    mask = await reader.readexactly(4)
    payload = await reader.readexactly(size)
    whole = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return Frame(bool(first & 0x80), bool(first & 0x40), opcode, whole)


def write_frame(opcode: int, payload: bytes, packed: bool = False) -> bytes:
    """Return a server's frame, which is never masked."""
    head = bytes([0x80 | (0x40 if packed else 0) | opcode])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) < 65536:
        return head + b"\x7e" + struct.pack(">H", len(payload)) + payload
    return head + b"\x7f" + struct.pack(">Q", len(payload)) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """Return the frame that closes with a code and a reason."""
    return write_frame(CLOSE, struct.pack(">H", code) + reason.encode())


def pack(payload: bytes) -> bytes:
    """Return a message deflated, with nothing carried over from the last one."""
    packer = zlib.compressobj(wbits=-15)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[: -len(_TAIL)]


def unpack(payload: bytes, most_bytes: int) -> bytes | None:
    """Return a message inflated; None when it is longer than `most_bytes`; Broken when it is no deflate stream."""
    unpacker = zlib.decompressobj(wbits=-15)
    try:
        whole = unpacker.decompress(payload + _TAIL, most_bytes + 1)
    except zlib.error as error:
        raise Broken(1002, str(error)) from error
    return whole if len(whole) <= most_bytes else None
