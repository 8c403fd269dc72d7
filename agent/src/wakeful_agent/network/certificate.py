"""What a TLS certificate says of itself, read from its DER form: also of one that nobody here trusts.

`ssl` tells it only of certificates it has verified. Source: RFC 5280; X.690 for the encoding.
"""

from __future__ import annotations

import datetime
import socket

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import decode, label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

NAMES_MAX = 50
_TEXT_CHARACTERS_MAX = 200
_SEQUENCE, _OBJECT_ID, _OCTETS, _UTC_TIME, _TIME = 0x30, 0x06, 0x04, 0x17, 0x18
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_DNS_NAME, _ADDRESS = 0x82, 0x87
_WIDE = 0x1E  # BMPString: two bytes a character
_PARTS = ((b"\x55\x04\x03", "CN"), (b"\x55\x04\x0a", "O"))
_ALTERNATIVE_NAMES = b"\x55\x1d\x11"


class Certificate(NamedTuple):
    """Whose it is, who says so, for which names, from when until when (ms since the epoch). All text is hostile."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    starts_ms: int
    expires_ms: int


def parse_certificate(der: bytes) -> Certificate:
    """Read a certificate in DER form; raise Malformed."""
    try:
        return _certificate(der)
    except (IndexError, ValueError, StopIteration, OverflowError):
        raise Malformed("the certificate is not one of X.509") from None


def _certificate(der: bytes) -> Certificate:
    whole = _inner(der, _SEQUENCE)
    fields = _items(_inner(whole, _SEQUENCE))
    tag, _ = next(fields)
    if tag == _VERSION:
        next(fields)  # the serial number
    next(fields)  # how it is signed
    _, issuer = next(fields)
    _, validity = next(fields)
    _, subject = next(fields)
    starts, expires = (_time(tag, content) for tag, content in _items(validity))
    extensions = b"".join(content for tag, content in fields if tag == _EXTENSIONS)
    names = tuple(_alternatives(extensions)) if extensions else ()
    return Certificate(_name(subject), _name(issuer), names, starts, expires)


def _items(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element."""
    at = 0
    while at < len(content):
        tag, size = content[at], content[at + 1]
        at += 2
        if size >= 0x80:
            digits = size & 0x7F
            if not 1 <= digits <= 4:
                raise ValueError("a length that DER does not have")
            size = int.from_bytes(content[at : at + digits], "big")
            at += digits
        if at + size > len(content):
            raise ValueError("an element is longer than what holds it")
        yield tag, content[at : at + size]
        at += size


def _inner(content: bytes, wanted: int) -> bytes:
    tag, inner = next(_items(content))
    if tag != wanted:
        raise ValueError("another element was expected")
    return inner


def _name(content: bytes) -> str:
    """Return the parts of a name that people know it by: `CN=example.org, O=Example`."""
    found: dict[str, str] = {}
    for _, choice in _items(content):
        for _, pair in _items(choice):
            (_, kind), (tag, value) = list(_items(pair))[:2]
            for known, short in _PARTS:
                if kind == known:
                    found.setdefault(short, value.decode("utf-16-be", "replace") if tag == _WIDE else decode(value))
    return label(", ".join(f"{short}={found[short]}" for _, short in _PARTS if short in found), _TEXT_CHARACTERS_MAX)


def _time(tag: int, content: bytes) -> int:
    text = content.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _TIME:
        raise ValueError("a time in another form")
    if len(text) != 15 or not text.endswith("Z"):
        raise ValueError("a time in another form")
    month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(4, 14, 2))
    moment = datetime.datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=datetime.timezone.utc)
    return int(moment.timestamp()) * 1000


def _alternatives(extensions: bytes) -> Iterator[str]:
    for _, extension in _items(_inner(extensions, _SEQUENCE)):
        parts = list(_items(extension))
        if parts[0] != (_OBJECT_ID, _ALTERNATIVE_NAMES):
            continue
        told = next(content for tag, content in parts if tag == _OCTETS)
        for number, (tag, content) in enumerate(_items(_inner(told, _SEQUENCE))):
            if number == NAMES_MAX:
                return
            if tag == _DNS_NAME:
                yield label(decode(content), _TEXT_CHARACTERS_MAX)
            elif tag == _ADDRESS and len(content) in {4, 16}:
                yield socket.inet_ntop(socket.AF_INET if len(content) == 4 else socket.AF_INET6, content)
