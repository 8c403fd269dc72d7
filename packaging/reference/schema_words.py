"""A JSON Schema said in words, as far as this project's schemas go. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tables import code, codes, number, span

if TYPE_CHECKING:
    from collections.abc import Mapping

PATTERN_CHARACTERS_MAX = 70
_WORDS = {
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
    "object": "object",
    "null": "nothing",
}


def words(schema: Mapping[str, Any]) -> str:
    """Return what a schema takes, in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return codes(word for word in schema["enum"] if word is not None) + (
            " or null" if None in schema["enum"] else ""
        )
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(words(one) for one in schema[several]))
    kinds = schema.get("type", ())
    if isinstance(kinds, list):
        return " or ".join(_kind(kind, schema) if kind != "null" else "null" for kind in kinds)
    return _kind(kinds, schema) if kinds else "anything"


def _kind(kind: str, schema: Mapping[str, Any]) -> str:
    if kind in {"integer", "number"}:
        bounds = span(schema.get("minimum"), schema.get("maximum"))
        return f"{_WORDS.get(kind, kind)}{', ' if bounds else ''}{bounds}"
    if kind == "string":
        return _text(schema)
    if kind == "array":
        items = schema.get("items") or {}
        many = span(schema.get("minItems"), schema.get("maxItems"))
        return f"list of {words(items) if items else 'anything'}" + (f" ({many})" if many else "")
    if kind == "object" and schema.get("properties"):
        inner = ", ".join(f"{code(name)}: {words(one)}" for name, one in schema["properties"].items())
        return f"object of {inner}"
    return _WORDS.get(kind, kind)


def _text(schema: Mapping[str, Any]) -> str:
    pattern = str(schema.get("pattern", ""))
    if pattern and len(pattern) <= PATTERN_CHARACTERS_MAX:
        return f"text like {code(pattern)}"
    if schema.get("format") == "date-time":
        return "time (RFC 3339)"
    if schema.get("maxLength") is not None:
        return (
            f"text of {'at most ' if not schema.get('minLength') else '1 to '}{number(schema['maxLength'])} characters"
        )
    return "text"
