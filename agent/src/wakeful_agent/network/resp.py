"""Redis' protocol, as far as one asks a server what it says of itself. Source: redis.io, RESP specification."""

from __future__ import annotations

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.text import decode, label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.network.dialogue import Dialogue

REPLY_BYTES_MAX = 4 * 1024 * 1024
_REFUSALS = ("NOAUTH", "WRONGPASS", "NOPERM", "DENIED", "ERR invalid password", "ERR operation not permitted")
_NO_PASSWORD = ("ERR Client sent AUTH, but no password is set", "ERR AUTH <password> called without any password")
_LINE_BYTES_MAX = 65_536


class Objection(HostError):
    """The server answered that it will not do what it was told, for other reasons than rights."""


def command(*words: str) -> bytes:
    """Return a command as it travels; every word is counted, so that none can be taken for another command."""
    parts = [word.encode("utf-8", "surrogateescape") for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


def call(dialogue: Dialogue, *words: str) -> str:
    """Send a command and return the text of its reply.

    Raises Denied when the server wants another login or more rights, HostError for what else it objects to, Malformed
    when this is no reply.
    """
    dialogue.send(command(*words))
    kind, rest = _split(dialogue.line(_LINE_BYTES_MAX))
    if kind == "-":
        raise _objection(rest)
    if kind in {"+", ":"}:
        return rest
    if kind not in {"$", "="}:
        raise Malformed(f"{dialogue.place.text} does not speak redis' protocol: {label(kind + rest)[:60]!r}")
    size = _size(rest)
    text = decode(dialogue.exactly(size + 2)[:-2])
    return text[4:] if kind == "=" else text


def log_in(dialogue: Dialogue, user: str, password: str) -> None:
    """Log in, where there is a password; a server that wants none is content. Raises Denied, HostError, Malformed.

    Nothing that is answered here is told on: servers repeat the words of a command they do not know, the password too.
    """
    if not password:
        return
    try:
        call(dialogue, "AUTH", *([user] if user else []), password)
    except Denied:
        raise Denied("the server does not take user and password") from None
    except Malformed:
        raise Malformed(f"{dialogue.place.text} does not speak redis' protocol") from None
    except Objection as error:
        if not str(error).startswith(_NO_PASSWORD):
            raise HostError("the server does not know AUTH, or not with a user") from None


def _split(line: bytes) -> tuple[str, str]:
    text = decode(line).rstrip("\r\n")
    return text[:1], text[1:]


def _size(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 20 or int(text) > REPLY_BYTES_MAX:
        raise Malformed(f"a reply of {label(text)[:30]!r} bytes is not taken")
    return int(text)


def _objection(text: str) -> HostError:
    said = label(text)[:200]
    return Denied(said) if text.startswith(_REFUSALS) else Objection(said)
