"""Enrolment: the invite is spent and the agent added in one transaction, so that a use buys one identity."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING

from wakeful_collector.enrolment.tokens import hash_token, new_agent_id, new_token
from wakeful_collector.store import agents, audit, database, events, invites
from wakeful_wire.enroll import EnrollAnswer, EnrollRequest
from wakeful_wire.errors import WireError
from wakeful_wire.push import Event

if TYPE_CHECKING:
    from pathlib import Path

_PUBLIC_KEY_BYTES = 32


def enroll(data: Path, request: EnrollRequest, address: str, now_ms: int) -> EnrollAnswer:
    """Spend the invite and return the new agent's id and token.

    Raises WireError with status 403 and `invite_unknown`, `invite_expired`, `invite_revoked` or `invite_spent`, with
    422 when the public key is not 32 bytes in base64; `StoreFull` and `StoreBusy` when nothing could be written.
    """
    _check_key(request.public_key)
    token, token_hash = new_token()
    agent_id = new_agent_id()
    with database.translated():
        connection = database.writer(data, "state")
        try:
            with database.transaction(connection):
                invite = _usable(invites.by_hash(connection, hash_token(request.invite)), request.invite, now_ms)
                if not invites.spend(connection, invite.id, now_ms):
                    raise _refused("invite_spent", "was used as often as it may be")
                newcomer = agents.Newcomer(
                    request.name, token_hash, request.public_key, request.machine_id, request.version, invite.tags
                )
                key = agents.add(connection, agent_id, newcomer, now_ms)
                events.add(connection, key, [_enrolled(agent_id, request, now_ms)], now_ms)
                audit.append(connection, _audited(agent_id, request, invite.id, address, now_ms))
        finally:
            connection.close()
    return EnrollAnswer(agent_id, token)


def _usable(invite: invites.Invite | None, text: str, now_ms: int) -> invites.Invite:
    if invite is None or not hmac.compare_digest(invite.secret_hash, hash_token(text)):
        raise _refused("invite_unknown", "is not one of this collector")
    if invite.revoked_ms is not None:
        raise _refused("invite_revoked", "was revoked")
    if invite.expires_ms <= now_ms:
        raise _refused("invite_expired", "has expired")
    return invite


def _refused(code: str, problem: str) -> WireError:
    return WireError(code, f"the invite {problem}; ask for a new one: wakeful-collector invite", 403)


def _check_key(public_key: str) -> None:
    try:
        size = len(base64.b64decode(public_key, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size != _PUBLIC_KEY_BYTES:
        raise WireError("invalid", "public_key: must be an Ed25519 key, 32 bytes in base64", 422)


def _enrolled(agent_id: str, request: EnrollRequest, now_ms: int) -> Event:
    return Event(f"enrolled-{agent_id}", now_ms, "host.enrolled", request.name, {"version": request.version})


def _audited(agent_id: str, request: EnrollRequest, invite_id: str, address: str, now_ms: int) -> audit.Entry:
    return audit.Entry(
        at_ms=now_ms,
        principal=f"agent:{agent_id}",
        address=address,
        face="agent",
        operation="host.enrol",
        subject=agent_id,
        outcome="done",
        detail={"name": request.name, "invite": invite_id, "version": request.version},
    )
