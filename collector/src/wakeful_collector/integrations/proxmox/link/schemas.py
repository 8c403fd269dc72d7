"""The shapes that arguments of the room's operations share."""

from __future__ import annotations

from typing import Any

CLUSTER = {
    "type": "string",
    "pattern": "^[a-z0-9-]{1,32}$",
    "description": "1 to 32 small letters, digits and -",
}
WANTS = {"type": "string", "enum": ["look", "act", "declare"]}
FINGERPRINT = {"type": "string", "minLength": 64, "maxLength": 110}


def shape(required: tuple[str, ...], **properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an operation's arguments."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def loosened(one: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a setting without what the settings check themselves: they say all that is wrong at once."""
    return {name: value for name, value in one.items() if name not in {"pattern", "minLength", "minItems"}}
