"""The small part of JSON Schema that operations describe their arguments with, and its check.

Known are `type` (or a list of types, to allow null), `enum`, `minLength`, `maxLength`, `pattern`, `minimum`, `maximum`,
`items`, `minItems`, `maxItems`, `uniqueItems`, `properties`, `required`, `additionalProperties: false`.
"""

from __future__ import annotations

import re
from typing import Any

Schema = dict[str, Any]
LINES = "lines"
"""The `format` of a text that may have lines, as a key in PEM form has."""

_LINES = str.maketrans("\r\n\t", "   ")

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


class Unfit(ValueError):
    """An argument that does not fit; the text names it and says what fits."""


def shape(required: tuple[str, ...], **properties: Schema) -> Schema:
    """Return the schema of an operation's arguments: these and no others."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def check(value: Any, schema: Schema, where: str = "") -> None:
    """Raise Unfit naming the first place of `value` that does not fit `schema`."""
    kinds = schema.get("type", list(_KINDS))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not any(_is(value, kind) for kind in kinds):
        raise Unfit(f"{where or 'the body'} must be {' or '.join(_article(kind) for kind in kinds)}")
    if "enum" in schema and value not in schema["enum"]:
        raise Unfit(f"{where} must be one of {', '.join(str(item) for item in schema['enum'])}")
    if isinstance(value, str):
        _check_text(value, schema, where)
    elif isinstance(value, list):
        _check_list(value, schema, where)
    elif isinstance(value, dict):
        _check_object(value, schema, where)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_number(value, schema, where)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _KINDS[kind])


def _article(kind: str) -> str:
    names = {"string": "text", "array": "a list", "object": "an object", "boolean": "true or false", "null": "null"}
    return names.get(kind) or {"integer": "a whole number", "number": "a number"}[kind]


def _check_text(value: str, schema: Schema, where: str) -> None:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 4096)
    if not least <= len(value) <= most:
        raise Unfit(f"{where} must have {least} to {most} characters")
    shown = value.translate(_LINES) if schema.get("format") == LINES else value
    if not shown.isprintable():
        raise Unfit(f"{where} holds a control character or a lone surrogate")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        raise Unfit(f"{where} must look like {schema['pattern']}")


def _check_number(value: float, schema: Schema, where: str) -> None:
    least, most = schema.get("minimum", -(2**53)), schema.get("maximum", 2**53)
    if not least <= value <= most:
        raise Unfit(f"{where} must be from {least} to {most}")


def _check_list(value: list[Any], schema: Schema, where: str) -> None:
    least, most = schema.get("minItems", 0), schema.get("maxItems", 1000)
    if len(value) < least:
        raise Unfit(f"{where} must name at least {least}")
    if len(value) > most:
        raise Unfit(f"{where} has {len(value)} items, at most {most} are taken")
    for index, item in enumerate(value):
        check(item, schema.get("items", {}), f"{where}[{index}]")
    if schema.get("uniqueItems") and any(item in value[:index] for index, item in enumerate(value)):
        raise Unfit(f"{where} names something twice")


def _check_object(value: dict[str, Any], schema: Schema, where: str) -> None:
    known: dict[str, Schema] = schema.get("properties", {})
    prefix = f"{where}." if where else ""
    for name in schema.get("required", []):
        if name not in value:
            raise Unfit(f"{prefix}{name} is missing")
    for name, item in value.items():
        if name in known:
            check(item, known[name], f"{prefix}{name}")
        elif schema.get("additionalProperties", True) is False:
            raise Unfit(f"{prefix}{name!s:.64} is not known; known are {', '.join(known) or 'none'}")
