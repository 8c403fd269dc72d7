"""What `wg show all` prints, question by question: of the questions that are asked none is answered with a secret.

`wg show all dump` would tell everything at once, and the private and preshared keys with it: who may run that owns the
tunnels. No key but peers' public ones ever enters the agent, and no line of these is repeated in an error.
"""

from __future__ import annotations

import re

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping

QUESTIONS = ("listen-port", "latest-handshakes", "transfer")
"""What is asked each time."""

SELDOM_QUESTIONS = ("endpoints", "allowed-ips")
"""What is asked for the inventory."""

_KEY = re.compile(r"[A-Za-z0-9+/]{43}=", re.ASCII)
_NUMBER_MAX = 2**64
_TEXT_CHARACTERS_MAX = 256


class Peer(NamedTuple):
    """A peer of an interface, by its public key."""

    device: str
    key: str


class Tunnels(NamedTuple):
    """The interfaces with their ports; of each peer when it shook hands (0: never) and bytes received and sent."""

    ports: Mapping[str, int]
    handshakes: Mapping[Peer, int]
    transfer: Mapping[Peer, tuple[int, int]]


def parse_ports(text: str) -> dict[str, int]:
    """Return each interface with its port, from `wg show all listen-port`. Source: wg(8)."""
    found = {}
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) != 2 or not fields[0]:
            raise _wrong("listen-port")
        found[label(fields[0], _TEXT_CHARACTERS_MAX)] = _number(fields[1], "listen-port")
    return found


def parse_handshakes(text: str) -> dict[Peer, int]:
    """Return when each peer last shook hands, in seconds since the epoch, from `wg show all latest-handshakes`."""
    rows = _rows(text, "latest-handshakes", 1)
    return {peer: _number(fields[0], "latest-handshakes") for peer, fields in rows.items()}


def parse_transfer(text: str) -> dict[Peer, tuple[int, int]]:
    """Return the bytes received from and sent to each peer, from `wg show all transfer`."""
    rows = _rows(text, "transfer", 2)
    return {peer: (_number(one, "transfer"), _number(other, "transfer")) for peer, (one, other) in rows.items()}


def parse_texts(text: str, question: str) -> dict[Peer, str]:
    """Return what is said of each peer from `endpoints` or `allowed-ips`; nothing for `(none)`.

    wg leaves out the interface before a peer without an endpoint: such a line says nothing, and is passed over.
    """
    lines = [line for line in text.splitlines() if not (line.count("\t") == 1 and line.endswith("\t(none)"))]
    rows = _rows("\n".join(lines), question, 1)
    return {
        peer: "" if fields[0] == "(none)" else label(fields[0], _TEXT_CHARACTERS_MAX) for peer, fields in rows.items()
    }


def _rows(text: str, question: str, width: int) -> dict[Peer, list[str]]:
    found = {}
    for line in text.splitlines():
        device, *fields = line.split("\t")
        if not device or len(fields) != width + 1 or not _KEY.fullmatch(fields[0]):
            raise _wrong(question)
        found[Peer(label(device, _TEXT_CHARACTERS_MAX), fields[0])] = fields[1:]
    return found


def _number(text: str, question: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20) or int(text) >= _NUMBER_MAX:
        raise _wrong(question)
    return int(text)


def _wrong(question: str) -> Malformed:
    return Malformed(f"wg show all {question}: is not as documented")
