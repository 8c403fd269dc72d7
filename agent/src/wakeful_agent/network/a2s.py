"""Valve's server query (A2S_INFO) over UDP: Source and GoldSource games, and the many that speak the same.

Source: the "Server queries" page of the Valve Developer Community.
"""

from __future__ import annotations

import struct
from time import monotonic

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import decode
from wakeful_agent.network.dialogue import Dialogue
from wakeful_agent.network.game import Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.network.place import Place

PORT = 27015
REQUEST = b"\xff\xff\xff\xffTSource Engine Query\x00"

_WHOLE = b"\xff\xff\xff\xff"
_PART = b"\xfe\xff\xff\xff"
_CHALLENGE, _INFO, _OLD_INFO = b"A", b"I", b"m"
_PART_HEADER = struct.Struct("<iBBh")
_DATAGRAM_BYTES_MAX = 8_192
_PARTS_MAX = 16
_CHALLENGES_MAX = 3
_SHIP = 2400  # one game has three bytes more before the version


def ask(place: Place, timeout_seconds: float) -> Status:
    """Return the server's status; raise Late, HostError, or Malformed when it answers something else."""
    with Dialogue(place._replace(kind="udp"), timeout_seconds) as talk:
        request = REQUEST
        for _ in range(_CHALLENGES_MAX):
            begun = monotonic()
            talk.send(request)
            answer = _answer(talk)
            if answer[:1] != _CHALLENGE:
                return parse_info(answer)._replace(seconds=monotonic() - begun)
            request = REQUEST + answer[1:5]
    raise Malformed(f"{place.text} asks for one challenge after the other")


def parse_info(answer: bytes) -> Status:
    """Read an answer behind its four bytes of header; raise Malformed when it is none. `players` are without bots."""
    kind, body = answer[:1], answer[1:]
    try:
        if kind == _INFO:
            return _info(_Reader(body))
        if kind == _OLD_INFO:
            return _old_info(_Reader(body))
    except (LookupError, struct.error, ValueError):
        raise Malformed("the game server's answer is cut short") from None
    raise Malformed("the game server answers something else than its status")


class _Reader:
    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0

    def text(self) -> str:
        end = self.body.index(b"\0", self.at)
        found = decode(self.body[self.at : end])
        self.at = end + 1
        return found

    def numbers(self, form: str) -> tuple[int, ...]:
        found = struct.unpack_from("<" + form, self.body, self.at)
        self.at += struct.calcsize("<" + form)
        return found


def _info(reader: _Reader) -> Status:
    reader.numbers("B")
    name, level, _, game = (reader.text() for _ in range(4))
    application, players, limit, bots = reader.numbers("HBBB")
    reader.numbers("BBBB")  # kind of server, system, password, cheat protection
    if application == _SHIP:
        reader.numbers("BBB")
    version = reader.text()
    return Status(name, game, level, version, max(0, players - bots), limit, bots)


def _old_info(reader: _Reader) -> Status:
    _, name, level, _, game = (reader.text() for _ in range(5))
    players, limit, protocol = reader.numbers("BBB")
    reader.numbers("BBB")  # kind of server, system, password
    if reader.numbers("B")[0]:  # a modification tells of itself
        reader.text()
        reader.text()
        reader.numbers("BIIBB")
    _, bots = reader.numbers("BB")
    return Status(name, game, level, str(protocol), max(0, players - bots), limit, bots)


def _answer(talk: Dialogue) -> bytes:
    """Return the next answer without its header, put together where it came in several datagrams."""
    content = talk.datagram(_DATAGRAM_BYTES_MAX)
    if content.startswith(_WHOLE):
        return content[4:]
    parts: dict[int, bytes] = {}
    while content.startswith(_PART) and len(content) > 4 + _PART_HEADER.size:
        identity, total, number, _ = _PART_HEADER.unpack_from(content, 4)
        if identity < 0 or not number < total <= _PARTS_MAX:
            break
        parts[number] = content[4 + _PART_HEADER.size :]
        if len(parts) == total:
            return b"".join(parts[one] for one in sorted(parts))[4:]
        content = talk.datagram(_DATAGRAM_BYTES_MAX)
    raise Malformed("the game server answers something else than its status")
