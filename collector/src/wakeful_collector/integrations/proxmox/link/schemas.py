"""The shapes that arguments of the room's operations share."""

from __future__ import annotations

CLUSTER = {
    "type": "string",
    "pattern": "^[a-z0-9-]{1,32}$",
    "description": "1 to 32 small letters, digits and -",
}
WANTS = {"type": "string", "enum": ["look", "act", "declare"]}
FINGERPRINT = {"type": "string", "minLength": 64, "maxLength": 110}
