"""The status of Minecraft servers: Java edition over TCP, Bedrock edition over UDP.

Source: the pages "Java Edition protocol/Server List Ping" and "RakNet" (unconnected ping) of the protocol's wiki.
"""

from __future__ import annotations

import json
import re
import struct
from time import monotonic

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import decode
from wakeful_agent.network.dialogue import Dialogue
from wakeful_agent.network.game import Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from wakeful_agent.network.place import Place

JAVA_PORT = 25565
BEDROCK_PORT = 19132
MAGIC = bytes.fromhex("00ffff00fefefefefdfdfdfd12345678")

_ANY_VERSION = 0xFFFFFFFF  # -1: a client that only asks
_PACKET_BYTES_MAX = 524_288
_NUMBER_BYTES_MAX = 5
_NUMBER_MAX = 2**31 - 1
_TEXTS_MAX = 64
_PING, _PONG = 1, 0x1C
_STYLE = re.compile("\u00a7.?")
_LINE_CHARACTERS_MAX = 200


def ask_java(place: Place, timeout_seconds: float) -> Status:
    """Return the status of a Java edition's server; raise Late, HostError, or Malformed for another answer."""
    host = place.host.encode("ascii")
    greeting = varint(0) + varint(_ANY_VERSION) + varint(len(host)) + host + struct.pack(">H", place.port) + varint(1)
    with Dialogue(place._replace(kind="tcp"), timeout_seconds) as talk:
        begun = monotonic()
        talk.send(_packet(greeting) + _packet(varint(0)))
        size = _read_varint(lambda: talk.exactly(1)[0])
        if size > _PACKET_BYTES_MAX:
            raise Malformed(f"{place.text} answers with more than {_PACKET_BYTES_MAX} bytes")
        packet = talk.exactly(size)
        return parse_java(packet)._replace(seconds=monotonic() - begun)


def ask_bedrock(place: Place, timeout_seconds: float) -> Status:
    """Return the status of a Bedrock edition's server; raise Late, HostError, or Malformed for another answer."""
    with Dialogue(place._replace(kind="udp"), timeout_seconds) as talk:
        begun = monotonic()
        talk.send(struct.pack(">BQ", _PING, 0) + MAGIC + struct.pack(">Q", 2))
        answer = talk.datagram()
        return parse_bedrock(answer)._replace(seconds=monotonic() - begun)


def parse_java(packet: bytes) -> Status:
    """Read the packet of a status response; raise Malformed when it is none."""
    rest = iter(packet)
    kind = _read_varint(lambda: next(rest, -1))
    size = _read_varint(lambda: next(rest, -1))
    text = bytes(rest)
    if kind or size > len(text):
        raise Malformed("the server answers something else than a Minecraft status")
    try:
        said: Any = json.loads(decode(text[:size]))
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Malformed("the Minecraft server's status is not JSON as documented")
    players, version = said.get("players"), said.get("version")
    players = players if isinstance(players, dict) else {}
    version = version if isinstance(version, dict) else {}
    return Status(
        name=_plain(_texts(said.get("description"))),
        game="Minecraft",
        version=_plain([version.get("name")]),
        players=_count(players.get("online")),
        limit=_count(players.get("max")),
    )


def parse_bedrock(answer: bytes) -> Status:
    """Read an unconnected pong; raise Malformed when it is none."""
    if len(answer) < 35 or answer[0] != _PONG or answer[17:33] != MAGIC:
        raise Malformed("the server answers something else than a Bedrock status")
    size = struct.unpack_from(">H", answer, 33)[0]
    fields = decode(answer[35 : 35 + size]).split(";")
    if len(fields) < 6:
        raise Malformed("the Bedrock server's status is cut short")
    edition, name, _, version, players, limit, *more = fields
    return Status(
        name=_plain([name]),
        game="Minecraft Education" if edition == "MCEE" else "Minecraft Bedrock",
        map=_plain([more[1] if len(more) > 1 else ""]),
        version=_plain([version]),
        players=_count(players),
        limit=_count(limit),
    )


def varint(number: int) -> bytes:
    """Return the number in seven bits a byte, the last ones first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _packet(body: bytes) -> bytes:
    return varint(len(body)) + body


def _read_varint(following: Callable[[], int]) -> int:
    number = 0
    for place in range(_NUMBER_BYTES_MAX):
        byte = following()
        if byte < 0:
            break
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number
    raise Malformed("the server answers something else than a Minecraft status")


def _count(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    return value if type(value) is int and 0 <= value <= _NUMBER_MAX else None


def _texts(component: Any) -> list[Any]:
    """Return the texts of a chat component in their order, at most a fixed number of them."""
    found: list[Any] = []
    waiting = [component]
    while waiting and len(found) < _TEXTS_MAX:
        one = waiting.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, list):
            waiting += reversed(one[:_TEXTS_MAX])
        elif isinstance(one, dict):
            waiting += [one.get("extra"), one.get("text")]
    return found


def _plain(texts: list[Any]) -> str:
    whole = "".join(text[:_PACKET_BYTES_MAX] for text in texts if isinstance(text, str))
    return " ".join(_STYLE.sub("", whole).split())[:_LINE_CHARACTERS_MAX]
