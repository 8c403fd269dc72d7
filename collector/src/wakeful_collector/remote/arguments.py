"""Words like `key=value` made arguments, typed by what an operation or a host's action says of itself. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.failure import Failure, closest, usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Schema = dict[str, Any]
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_DEPTH_MAX = 8


def pairs(words: Iterable[str]) -> list[tuple[str, str]]:
    """Return names and values; raise Failure for a word that is no `key=value`."""
    found = []
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise usage(f"{word!r} is no argument", "arguments are written key=value")
        found.append((name, value))
    return found


def by_schema(given: Sequence[tuple[str, str]], schema: Schema) -> dict[str, Any]:
    """Return the arguments of an operation, typed by its JSON Schema; raise Failure.

    `a.b=c` fills an object, a list takes commas or the same key again, and JSON is taken where it is meant.
    """
    made: dict[str, Any] = {}
    for name, value in given:
        _place(made, name, value, schema)
    missing = [name for name in schema.get("required", []) if name not in made]
    if missing:
        raise usage(f"{missing[0]} is missing", f"it takes: {', '.join(describe(schema)) or 'nothing'}")
    return made


def by_parameters(given: Sequence[tuple[str, str]], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a host's action, typed by the parameters it announced; raise Failure.

    Whether a value is permitted is for the machine to say.
    """
    known = {name: one for name, one in parameters.items() if isinstance(one, dict)}
    made = {}
    for name, value in given:
        if name not in known:
            raise _unknown(name, list(known))
        made[name] = _parameter(name, value, known[name])
    missing = [name for name, one in known.items() if one.get("required") and name not in made]
    if missing:
        told = ", ".join(f"{name}={shape(one)}" for name, one in known.items())
        raise usage(f"{missing[0]} is missing", f"it takes: {told}")
    return made


def describe(schema: Schema) -> list[str]:
    """Return what an operation takes, as people write it: `host=TEXT`, `[seconds=NUMBER]`."""
    required = schema.get("required", [])
    told = []
    for name, one in _properties(schema).items():
        text = f"{name}={_word(one)}"
        told.append(text if name in required else f"[{text}]")
    return told


def shape(parameter: Mapping[str, Any]) -> str:
    """Return what an announced parameter takes: `nginx.service|php.service`, `1..10`, `TEXT`."""
    kind = parameter.get("kind")
    if kind == "choice" and isinstance(parameter.get("choices"), list):
        return "|".join(map(str, parameter["choices"]))
    if kind == "number":
        return f"{parameter.get('least', '')}..{parameter.get('most', '')}"
    return "yes|no" if kind == "flag" else "TEXT"


def _place(made: dict[str, Any], name: str, value: str, schema: Schema) -> None:
    known = _properties(schema)
    first, dot, rest = name.partition(".")
    if dot and first in known and "object" in _types(known[first]):
        inner = made.setdefault(first, {})
        if not isinstance(inner, dict) or name.count(".") > _DEPTH_MAX:
            raise usage(f"{name} and {first} cannot both be given")
        _place(inner, rest, value, known[first])
        return
    if name not in known and schema.get("additionalProperties", True) is False:
        raise _unknown(name, list(known))
    shape_of = known.get(name, {})
    typed = _typed(name, value, shape_of)
    if name in made and isinstance(made[name], list) and isinstance(typed, list):
        made[name] += typed
    elif name in made:
        raise usage(f"{name} is given twice")
    else:
        made[name] = typed


def _typed(name: str, text: str, schema: Schema) -> Any:
    types = _types(schema)
    if not types:
        return _guessed(text)
    if "null" in types and text == "null":
        return None
    if "string" in types:
        return text
    if "array" in types and not text.startswith("["):
        items = schema.get("items", {})
        return [_typed(name, one, items) for one in text.split(",")] if text else []
    if "boolean" in types and text.lower() in _FLAGS:
        return _FLAGS[text.lower()]
    found = _guessed(text)
    if not any(_is(found, kind) for kind in types):
        raise usage(f"{name}={text}: {name} must be {_word(schema)}")
    return found


def _parameter(name: str, text: str, parameter: Mapping[str, Any]) -> Any:
    kind = parameter.get("kind")
    if kind == "flag":
        if text.lower() not in _FLAGS:
            raise usage(f"{name}={text}: {name} must be yes or no")
        return _FLAGS[text.lower()]
    if kind == "number":
        found = _guessed(text)
        if not _is(found, "number"):
            raise usage(f"{name}={text}: {name} must be a number")
        return found
    return text


def _guessed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    kinds: dict[str, type | tuple[type, ...]] = {
        "integer": int,
        "number": (int, float),
        "array": list,
        "object": dict,
        "null": type(None),
    }
    return kind in kinds and isinstance(value, kinds[kind])


def _types(schema: Schema) -> list[str]:
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def _properties(schema: Schema) -> dict[str, Schema]:
    found = schema.get("properties", {})
    return {name: one for name, one in found.items() if isinstance(one, dict)} if isinstance(found, dict) else {}


def _word(schema: Schema) -> str:
    if isinstance(schema.get("enum"), list):
        return "|".join(map(str, schema["enum"]))
    words = {"string": "TEXT", "integer": "NUMBER", "number": "NUMBER", "boolean": "yes|no", "array": "A,B"}
    words |= {"object": "JSON", "null": "null"}
    return "|".join(words.get(kind, "JSON") for kind in _types(schema)) or "JSON"


def _unknown(name: str, known: list[str]) -> Failure:
    near = closest(name, known)
    meant = f"; did you mean {near}?" if near else ""
    return usage(f"{name!r} is not an argument here{meant}", f"it takes: {', '.join(known) or 'nothing'}")
