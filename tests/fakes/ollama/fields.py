"""Reading a request's document as Go does: whatever the Content-Type, unknown fields aside, kinds checked."""

from __future__ import annotations

import json
from typing import Any

from . import durations
from .errors import Refusal

GO_NAMES = {str: "string", bool: "bool", list: "array", dict: "object", int: "number", float: "number"}
TEXT, BOOL, LIST, OBJECT, NUMBER = "string", "bool", "array", "object", "number"
KINDS = {
    "model": TEXT,
    "name": TEXT,
    "prompt": TEXT,
    "suffix": TEXT,
    "system": TEXT,
    "template": TEXT,
    "source": TEXT,
    "destination": TEXT,
    "from": TEXT,
    "stream": BOOL,
    "raw": BOOL,
    "verbose": BOOL,
    "insecure": BOOL,
    "truncate": BOOL,
    "messages": LIST,
    "tools": LIST,
    "images": LIST,
    "options": OBJECT,
    "files": OBJECT,
    "dimensions": NUMBER,
}
GO_TYPES = {TEXT: "string", BOOL: "bool", LIST: "[]interface {}", OBJECT: "map[string]interface {}", NUMBER: "int"}


def read(body: bytes, struct: str) -> dict[str, Any]:
    """Return the document of a request; refused with Go's words when it is none, or a field is of another kind."""
    if not body.strip():
        raise Refusal(400, "missing request body")
    try:
        document, _ = json.JSONDecoder().raw_decode(body.decode("utf-8", "replace").lstrip())
    except json.JSONDecodeError as error:
        raise Refusal(400, _decoder_text(body, error)) from error
    except RecursionError as error:
        raise Refusal(400, "invalid character '[' exceeded max depth") from error
    if not isinstance(document, dict):
        name = GO_NAMES.get(type(document), "null")
        raise Refusal(400, f"json: cannot unmarshal {name} into Go value of type api.{struct}")
    for field, kind in KINDS.items():
        value = document.get(field)
        found = GO_NAMES.get(type(value), "null")
        if value is not None and found != kind:
            raise Refusal(
                400,
                f"json: cannot unmarshal {found} into Go struct field {struct}.{field} of type {GO_TYPES[kind]}",
            )
    try:
        document["keep_alive_seconds"] = durations.keep_alive(document.get("keep_alive"))
    except durations.Invalid as error:
        raise Refusal(400, str(error)) from error
    return document


def _decoder_text(body: bytes, error: json.JSONDecodeError) -> str:
    text = body.decode("utf-8", "replace")
    position = error.pos + len(text) - len(text.lstrip())
    if position >= len(text.rstrip()) or "Unterminated" in error.msg:
        return "unexpected EOF"
    return f"invalid character {text[position]!r} looking for beginning of value"
