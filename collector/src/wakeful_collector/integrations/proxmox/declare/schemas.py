"""What the operations of declarations take."""

from __future__ import annotations

from typing import Any

from wakeful_collector.integrations.proxmox.declare.documents import FILES_MAX
from wakeful_collector.integrations.proxmox.declare.steps import DIGEST_CHARACTERS
from wakeful_collector.integrations.proxmox.declare.yaml_nodes import TEXT_CHARACTERS_MAX
from wakeful_collector.operations.arguments import LINES

FLAG: dict[str, Any] = {"type": "boolean"}
FILES: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "maxItems": FILES_MAX,
    "items": {
        "type": "object",
        "properties": {
            "path": {"type": "string", "minLength": 1, "maxLength": 255},
            "text": {"type": "string", "maxLength": TEXT_CHARACTERS_MAX, "format": LINES},
        },
        "required": ["path", "text"],
        "additionalProperties": False,
    },
}
DIGEST: dict[str, Any] = {"type": "string", "pattern": f"^[0-9a-f]{{{DIGEST_CHARACTERS}}}$"}
APPLY: dict[str, Any] = {"type": "string", "pattern": "^[0-9A-Za-z_-]{1,64}$"}
VERSION: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 2**31}
VMIDS: dict[str, Any] = {
    "type": "array",
    "items": {"type": "integer", "minimum": 100, "maximum": 999_999_999},
    "maxItems": 1000,
    "uniqueItems": True,
}
NOTE: dict[str, Any] = {"type": "string", "maxLength": 200}
REQUEST_KEY: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 128}
