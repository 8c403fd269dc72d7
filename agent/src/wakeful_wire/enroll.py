"""Enrolment: an invite is exchanged for an agent id and a token."""

from __future__ import annotations

from wakeful_wire import check, limits
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INVITE_PREFIX = "wk_inv_"
TOKEN_PREFIX = "wk_agt_"  # noqa: S105 - a prefix that scanners look for, not a secret
KEY_PREFIX = "wk_key_"


class EnrollRequest(NamedTuple):
    """What a machine says to be taken in; `public_key` is its Ed25519 key in base64 (RFC 8032, 32 bytes)."""

    invite: str
    name: str
    machine_id: str
    version: str
    public_key: str


class EnrollAnswer(NamedTuple):
    """The id the collector gave the machine and the token it pushes with."""

    agent_id: str
    token: str


def parse_enroll_request(value: Any) -> EnrollRequest:
    """Read `{"invite", "name", "machine_id", "version", "public_key"}`."""
    body = check.mapping(value, "enrolment", 32)

    def field(name: str, empty: bool = False) -> str:
        return check.word(body.get(name, ""), name, limits.SHORT_TEXT_CHARACTERS_MAX, empty=empty)

    return EnrollRequest(
        field("invite"), field("name"), field("machine_id", empty=True), field("version"), field("public_key")
    )


def parse_enroll_answer(value: Any) -> EnrollAnswer:
    """Read `{"agent_id", "token"}`."""
    body = check.mapping(value, "answer", 32)
    agent_id = check.word(body.get("agent_id"), "agent_id", 64)
    token = check.word(body.get("token"), "token", limits.SHORT_TEXT_CHARACTERS_MAX)
    if not token.isascii() or " " in token:
        raise check.refuse("token", "must be ASCII without blanks, for it travels in a header")
    return EnrollAnswer(agent_id, token)
