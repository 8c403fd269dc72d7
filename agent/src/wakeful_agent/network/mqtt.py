"""A subscriber of MQTT 3.1.1 that listens and never publishes. Source: OASIS, MQTT version 3.1.1."""

from __future__ import annotations

import os

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.text import decode
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Sequence

    from wakeful_agent.network.dialogue import Dialogue

PACKET_BYTES_MAX = 1024 * 1024
FILTER_CHARACTERS_MAX = 512
KEEP_ALIVE_SECONDS = 7_200
"""Longer than any pause between two readings: who reads that seldom is still there."""

_CONNECT, _PUBLISH, _SUBSCRIBE, _SUBACK, _PINGREQ, _PINGRESP = 1, 3, 8, 9, 12, 13
_CONNACK = b"\x20\x02"  # it has one size
_NOT_GRANTED = 0x80
_REFUSALS: dict[int, tuple[type[HostError], str]] = {
    1: (HostError, "the broker does not speak MQTT 3.1.1"),
    2: (HostError, "the broker does not take the client's name"),
    3: (HostError, "the broker is not available"),
    4: (Denied, "the broker does not take user and password"),
    5: (Denied, "the broker wants another login"),
}


class Message(NamedTuple):
    """What was published; `retained` is what the broker had kept from before."""

    topic: str
    payload: bytes
    retained: bool


def packet(kind: int, flags: int, body: bytes) -> bytes:
    """Return a packet as it travels."""
    size, digits = len(body), b""
    while True:
        size, digit = divmod(size, 128)
        digits += bytes([digit | 0x80 if size else digit])
        if not size:
            return bytes([kind << 4 | flags]) + digits + body


def connect_packet(name: str, user: str, password: str) -> bytes:
    """Return the packet that begins a session that is forgotten when it ends."""
    flags = 0x02 | (0x80 if user else 0) | (0x40 if user and password else 0)
    fields = [name, *([user] if user else []), *([password] if user and password else [])]
    head = _text("MQTT") + bytes([4, flags]) + KEEP_ALIVE_SECONDS.to_bytes(2, "big")
    return packet(_CONNECT, 0, head + b"".join(map(_text, fields)))


def parse_publish(flags: int, body: bytes) -> Message:
    """Read a published message; raise Malformed."""
    end = 2 + int.from_bytes(body[:2], "big")
    payload = end + (2 if flags & 0x06 else 0)
    if len(body) < payload:
        raise Malformed("the broker sends a message without its topic")
    return Message(decode(body[2:end]), body[payload:], bool(flags & 0x01))


def fits(wanted: str, topic: str) -> bool:
    """Tell whether a topic is one of those that a filter asks for (4.7 of the standard)."""
    asked, told = wanted.split("/"), topic.split("/")
    if topic.startswith("$") and asked[0] != told[0]:
        return False
    for place, part in enumerate(asked):
        if part == "#":
            return True
        if place >= len(told) or part not in ("+", told[place]):
            return False
    return len(asked) == len(told)


def is_filter(text: str) -> bool:
    """Tell whether a broker takes this as the topics to subscribe to."""
    parts = text.split("/")
    alone = all(part in ("+", "#") or not set(part) & {"+", "#"} for part in parts)
    return bool(text) and "\0" not in text and len(text) <= FILTER_CHARACTERS_MAX and alone and "#" not in parts[:-1]


class Subscriber:
    """A session with a broker over a dialogue that stays open from one listening to the next.

    What comes in between waits in the system's buffers. After an error it is closed, and a new one is needed.
    """

    def __init__(self, dialogue: Dialogue, hear: Callable[[Message], None]) -> None:
        self.refused: list[str] = []
        self._dialogue = dialogue
        self._hear = hear

    def begin(self, user: str, password: str, filters: Sequence[str]) -> None:
        """Connect, log in and subscribe; raise Denied, Malformed, HostError."""
        self._dialogue.__enter__()
        try:
            self._dialogue.send(connect_packet(f"wakeful-{os.urandom(4).hex()}", user, password))
            self._greeted()
            body = b"".join(_text(one) + b"\0" for one in filters)
            self._dialogue.send(packet(_SUBSCRIBE, 2, b"\0\1" + body))
            granted = self._until(_SUBACK)[2:]
            self.refused = [one for one, code in zip(filters, granted) if code == _NOT_GRANTED]
        except BaseException:
            self.close()
            raise

    def listen(self, timeout_seconds: float) -> None:
        """Hear everything that has come so far; raise Late, Malformed, HostError."""
        try:
            self._dialogue.renew(timeout_seconds)
            self._dialogue.send(packet(_PINGREQ, 0, b""))
            self._until(_PINGRESP)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the session."""
        self._dialogue.__exit__(None, None, None)

    def _greeted(self) -> None:
        answer = self._dialogue.exactly(4)
        if answer[:2] != _CONNACK:
            raise Malformed(f"{self._dialogue.place.text} does not speak MQTT")
        if answer[3]:
            kind_of_error, sentence = _REFUSALS.get(answer[3], (HostError, "the broker refuses the connection"))
            raise kind_of_error(sentence)

    def _until(self, wanted: int) -> bytes:
        """Hear messages until the packet of the kind `wanted` comes; return its body."""
        while True:
            kind, flags, body = self._next()
            if kind == wanted:
                return body
            if kind == _PUBLISH:
                self._hear(parse_publish(flags, body))

    def _next(self) -> tuple[int, int, bytes]:
        first = self._dialogue.exactly(1)[0]
        size = shift = 0
        while True:
            digit = self._dialogue.exactly(1)[0]
            size |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                break
            if shift > 21:
                raise Malformed(f"{self._dialogue.place.text} does not speak MQTT")
        if size > PACKET_BYTES_MAX:
            raise Malformed(f"{self._dialogue.place.text} sends a packet of {size} bytes")
        return first >> 4, first & 0x0F, self._dialogue.exactly(size)


def _text(text: str) -> bytes:
    content = text.encode("utf-8", "replace")
    if len(content) > 65_535:
        raise Malformed("a text of more than 65535 bytes cannot be sent over MQTT")
    return len(content).to_bytes(2, "big") + content
