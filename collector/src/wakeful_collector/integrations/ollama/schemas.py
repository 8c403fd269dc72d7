"""The shapes that arguments of the gateway's operations share."""

from __future__ import annotations

from typing import Any

MACHINE = {
    "type": "string",
    "pattern": "^[a-z0-9-]{1,32}$",
    "description": "1 to 32 small letters, digits and -",
}
LEASE = {"type": "string", "minLength": 1, "maxLength": 64}


def shape(required: tuple[str, ...], **properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an operation's arguments."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
