"""The shapes that arguments of the gateway's operations share."""

from __future__ import annotations

MACHINE = {
    "type": "string",
    "pattern": "^[a-z0-9-]{1,32}$",
    "description": "1 to 32 small letters, digits and -",
}
LEASE = {"type": "string", "minLength": 1, "maxLength": 64}
