"""API keys: what lets programs in."""

from __future__ import annotations

from typing import Any

from wakeful_collector.accounts import SCOPES, keys
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError
from wakeful_collector.store import people

DAYS_MAX = 3_660
CREATE = shape(
    ("name", "scopes"),
    name={"type": "string", "minLength": 1, "maxLength": 64},
    scopes={
        "type": "array",
        "items": {"type": "string", "enum": list(SCOPES)},
        "minItems": 1,
        "maxItems": len(SCOPES),
        "uniqueItems": True,
    },
    days={"type": ["number", "null"], "minimum": 0.001, "maximum": DAYS_MAX},
)


def _create(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    days = given.get("days")
    expires_ms = None if days is None else context.now_ms + round(days * 86_400_000)
    scopes = tuple(given["scopes"])
    made = keys.create(context.connection, given["name"], scopes, context.principal.name, context.now_ms, expires_ms)
    return {
        "id": made.id,
        "key": made.secret,
        "name": given["name"],
        "scopes": list(scopes),
        "expires_ms": expires_ms,
    }


def _revoke(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    if not people.revoke_key(context.connection, given["id"], context.now_ms):
        raise OperationError("unknown_key", "there is no such key in force", 404)
    return {"id": given["id"], "revoked": True}


OPERATIONS = (
    Operation("key.create", "Make an API key", "admin", "changes", CREATE, _create, subject="name"),
    Operation(
        "key.revoke",
        "Revoke an API key",
        "admin",
        "destroys",
        shape(("id",), id={"type": "string", "minLength": 1, "maxLength": 64}),
        _revoke,
        subject="id",
    ),
)
