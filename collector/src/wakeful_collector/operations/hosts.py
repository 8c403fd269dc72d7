"""What can be done to a machine's entry on the collector."""

from __future__ import annotations

from typing import Any

from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError
from wakeful_collector.store import agents
from wakeful_wire.errors import WireError
from wakeful_wire.tuning import parse_tuning

ID = {"type": "string", "minLength": 1, "maxLength": 64}
TAG = {
    "type": "string",
    "minLength": 1,
    "maxLength": 64,
    "pattern": "^\\w[\\w.:/@+=-]*$",
    "description": "a word that begins with a letter or digit, of those and . : / @ + = - _",
}
TAGS = {"type": "array", "items": TAG, "maxItems": 32, "uniqueItems": True}
NAME = {"type": "string", "maxLength": 256}
TUNING = {"type": ["object", "null"]}
LIVE_SECONDS_MAX = 600


def _rename(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    _found(agents.rename(context.connection, given["host"], given["name"]), given["host"])
    return {"host": given["host"], "name": given["name"]}


def _tag(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    _found(agents.set_tags(context.connection, given["host"], given["tags"]), given["host"])
    return {"host": given["host"], "tags": sorted(given["tags"])}


def _tune(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    document = given["tuning"]
    if document is not None:
        try:
            parse_tuning(document)
        except WireError as error:
            raise OperationError("invalid_tuning", error.message) from None
    _found(agents.set_tuning(context.connection, given["host"], document), given["host"])
    return {"host": given["host"], "tuning": document}


def _forget(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    _found(agents.forget(context.connection, given["host"], context.now_ms), given["host"])
    return {"host": given["host"], "forgotten": True}


def _live(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    until_ms = context.now_ms + given.get("seconds", 60) * 1000
    _found(agents.set_live(context.connection, given["host"], until_ms), given["host"])
    return {"host": given["host"], "live_until_ms": until_ms}


def _found(found: bool, host: str) -> None:
    if not found:
        raise OperationError("unknown_host", f"there is no host {host!r}", 404)


def _arguments(**properties: dict[str, Any]) -> dict[str, Any]:
    return shape(("host", *(name for name in properties if name != "seconds")), host=ID, **properties)


OPERATIONS = (
    Operation(
        "host.rename", "Give a host another name", "operate", "changes", _arguments(name=NAME), _rename, subject="host"
    ),
    Operation("host.tag", "Set a host's tags", "operate", "changes", _arguments(tags=TAGS), _tag, subject="host"),
    Operation(
        "host.tune",
        "Set what a host measures, and how often",
        "operate",
        "changes",
        _arguments(tuning=TUNING),
        _tune,
        subject="host",
    ),
    Operation(
        "host.live",
        "Sample a host every second for a while",
        "read",
        "none",
        _arguments(seconds={"type": "integer", "minimum": 1, "maximum": LIVE_SECONDS_MAX}),
        _live,
        subject="host",
    ),
    Operation(
        "host.forget", "Forget a host and end its token", "admin", "destroys", _arguments(), _forget, subject="host"
    ),
)
