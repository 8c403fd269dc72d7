"""What a key may do at the gateway: how much at once, how often, with which models."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError
from wakeful_collector.read import gateway
from wakeful_collector.store import gateway_limits
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_limits import EVERYBODY, Limit

LIMITS_MAX = 1_000
_NUMBER = {"type": ["integer", "null"], "minimum": 1, "maximum": 1_000_000}
_MODELS = {
    "type": ["array", "null"],
    "items": {"type": "string", "minLength": 1, "maxLength": 128},
    "maxItems": 100,
    "uniqueItems": True,
}


def _limit(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """Change what is named and leave the rest; null lifts one limit, `remove` all of them."""
    key = principal_of(given["key"])
    known = {one.key: one for one in gateway.limits(context.settings.data)}
    if given.get("remove"):
        with changing_gateway(context.settings.data) as connection:
            gateway_limits.remove(connection, key)
        return {"key": key, "removed": key in known}
    if key not in known and len(known) >= LIMITS_MAX:
        raise OperationError("too_many", f"there are {LIMITS_MAX} limits already", 409)
    named: dict[str, Any] = {name: given[name] for name in ("concurrency", "per_minute") if name in given}
    if "models" in given:
        named["models"] = tuple(given["models"] or ())
    found = replace(known.get(key, Limit(key)), **named)
    with changing_gateway(context.settings.data) as connection:
        gateway_limits.keep(connection, found)
    return {
        "key": key,
        "concurrency": found.concurrency,
        "per_minute": found.per_minute,
        "models": list(found.models),
    }


def principal_of(key: str) -> str:
    """Return the principal that a name means: `laptop` is `key:laptop`; `*` and `user:ana` are themselves."""
    return key if key == EVERYBODY or ":" in key else f"key:{key}"


OPERATIONS = (
    Operation(
        "gateway.limit",
        "Limit what a key may do at the gateway",
        "admin",
        "changes",
        shape(
            ("key",),
            key={"type": "string", "minLength": 1, "maxLength": 80},
            concurrency=_NUMBER,
            per_minute=_NUMBER,
            models=_MODELS,
            remove={"type": "boolean"},
        ),
        _limit,
        subject="key",
    ),
)
