"""Invites: what lets a machine in."""

from __future__ import annotations

from typing import Any

from wakeful_collector.enrolment import new_invite
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.hosts import TAGS
from wakeful_collector.operations.registry import Context, Operation, OperationError
from wakeful_collector.store import invites

HOURS_MAX = 24 * 365
CREATE = shape(
    (),
    hours={"type": "number", "minimum": 0.01, "maximum": HOURS_MAX},
    uses={"type": "integer", "minimum": 1, "maximum": 10_000},
    tags=TAGS,
)


def _create(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    secret, digest = new_invite()
    expires_ms = context.now_ms + round(given.get("hours", 24) * 3_600_000)
    uses, tags = given.get("uses", 1), given.get("tags", [])
    number = invites.add_invite(
        context.connection, digest, expires_ms, uses, tags, context.principal.name, context.now_ms
    )
    return {"id": number, "invite": secret, "expires_ms": expires_ms, "uses": uses, "tags": tags}


def _revoke(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    if not invites.revoke_invite(context.connection, given["id"], context.now_ms):
        raise OperationError("unknown_invite", "there is no such invite in force", 404)
    return {"id": given["id"], "revoked": True}


OPERATIONS = (
    Operation("invite.create", "Invite machines", "admin", "changes", CREATE, _create),
    Operation(
        "invite.revoke",
        "Revoke an invite",
        "admin",
        "destroys",
        shape(("id",), id={"type": "string", "minLength": 1, "maxLength": 64}),
        _revoke,
        subject="id",
    ),
)
