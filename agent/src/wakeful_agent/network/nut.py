"""What a server of Network UPS Tools knows of its UPS.

Source: the NUT protocol, RFC 9271; names of variables and states are those of nut-names(7).
"""

from __future__ import annotations

import re

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.text import decode, label
from wakeful_agent.network.dialogue import Dialogue
from wakeful_agent.network.place import parse_place
from wakeful_wire.record import NamedTuple

PORT = 3493
UPS_MAX = 64
VARIABLES_MAX = 1_000
_LINE_BYTES_MAX = 4_096
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)')
_ESCAPED = re.compile(r"\\(.)")
_DENIED = frozenset({"ACCESS-DENIED", "USERNAME-REQUIRED", "PASSWORD-REQUIRED"})


class Ups(NamedTuple):
    """One UPS of a server: its variables by name, or why it tells none (`DATA-STALE`, `DRIVER-NOT-CONNECTED`)."""

    name: str
    description: str
    variables: dict[str, str]
    error: str = ""


class Refusal(HostError):
    """The server answers with an error: `reason` is its word for it."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place} answers {reason}")
        self.reason = reason


def split(line: str) -> list[str]:
    """Return the words of a line, those in quotes without these and their escapes."""
    return [_ESCAPED.sub(r"\1", quoted) if quoted or not bare else bare for quoted, bare in _WORD.findall(line)]


def ask(address: str, timeout_seconds: float) -> list[Ups]:
    """Return every UPS of the server at `address` (port 3493 unless it says another); raise HostError."""
    place = parse_place(address, PORT)
    with Dialogue(place, timeout_seconds) as dialogue:
        found = []
        for words in _list(dialogue, "UPS")[:UPS_MAX]:
            name, description = words[0], words[1] if len(words) > 1 else ""
            if not re.fullmatch(r"[^\s\"\\]{1,128}", name):
                raise Malformed(f"{place.text} names a UPS {label(name)[:40]!r}")
            try:
                rows = _list(dialogue, f"VAR {name}")
                variables = {row[0]: row[1] for row in rows if len(row) == 2}
                found.append(Ups(label(name), label(description), variables))
            except Refusal as error:
                found.append(Ups(label(name), label(description), {}, error.reason))
        dialogue.send(b"LOGOUT\n")
        return found


def _list(dialogue: Dialogue, what: str) -> list[list[str]]:
    """Return the words of each line of a list, without those it begins with."""
    dialogue.send(f"LIST {what}\n".encode("utf-8", "replace"))
    place = dialogue.place.text
    first = _line(dialogue)
    if first[:1] == ["ERR"]:
        reason = label(" ".join(first[1:2])) or "an error"
        if reason in _DENIED:
            raise Denied(f"{place} refuses to list its UPS ({reason})")
        raise Refusal(place, reason)
    if first != ["BEGIN", "LIST", *what.split(" ")]:
        raise Malformed(f"{place} does not speak the protocol of NUT")
    rows: list[list[str]] = []
    while True:
        words = _line(dialogue)
        if words[:2] == ["END", "LIST"]:
            return rows
        if len(rows) == VARIABLES_MAX or len(words) <= len(what.split(" ")):
            raise Malformed(f"{place} lists what cannot be read, or too much")
        rows.append(words[len(what.split(" ")) :])


def _line(dialogue: Dialogue) -> list[str]:
    return split(decode(dialogue.line(_LINE_BYTES_MAX)).rstrip("\r\n"))
