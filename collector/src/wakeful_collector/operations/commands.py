"""Commands: what is asked of a machine's agent, and taken back again. The machine's own file decides."""

from __future__ import annotations

from typing import Any

from wakeful_collector import commands
from wakeful_collector.model.announced import NAME_CHARACTERS_MAX
from wakeful_collector.model.command import EXPIRES_SECONDS_DEFAULT, EXPIRES_SECONDS_MAX
from wakeful_collector.model.host import host_status
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.hosts import ID
from wakeful_collector.operations.registry import Context, Operation, OperationError
from wakeful_collector.read import hosts

ACTION = {"type": "string", "minLength": 1, "maxLength": NAME_CHARACTERS_MAX, "pattern": "^[A-Za-z0-9._-]+$"}
WATCH = {"type": "string", "minLength": 1, "maxLength": 128}
ALWAYS: dict[str, dict[str, Any]] = {
    "expires_seconds": {"type": "number", "minimum": 1, "maximum": EXPIRES_SECONDS_MAX},
    "request_key": {"type": "string", "minLength": 1, "maxLength": 128},
}
"""What every operation takes that asks for a command: until when it may begin, and a key that makes it once only."""


def asking(required: tuple[str, ...], **properties: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of an operation that asks for a command."""
    return shape(required, **properties, **ALWAYS)


def ask(context: Context, host: str, action: str, arguments: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Ask `host` for an action and return what the operation answers.

    Raises:
        OperationError: the machine does not permit it, or it cannot be asked for now; the text says the way out.
    """
    expires_seconds = given.get("expires_seconds", EXPIRES_SECONDS_DEFAULT)
    wish = commands.Wish(host, action, arguments, context.principal.name, expires_seconds, given.get("request_key"))
    try:
        command, known = commands.ask(context.connection, wish, context.now_ms)
    except commands.Refusal as refusal:
        raise OperationError(refusal.code, refusal.message, refusal.status) from None
    asked = hosts.host(context.settings.data, host)
    return {
        "command": command.id,
        "host": host,
        "host_status": "" if asked is None else host_status(asked, context.now_ms).value,
        "action": command.action,
        "state": command.state.value,
        "expires_ms": command.expires_ms,
        "known": known,
    }


def _command(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    return ask(context, given["host"], given["action"], given.get("arguments", {}), given)


def _cancel(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    try:
        command = commands.cancel(context.connection, given["id"], context.principal.name, context.now_ms)
    except commands.Refusal as refusal:
        raise OperationError(refusal.code, refusal.message, refusal.status) from None
    return {"id": command.id, "state": command.state.value}


OPERATIONS = (
    Operation(
        "host.command",
        "Ask a machine for an action that its own file permits",
        "operate",
        "changes",
        asking(("host", "action"), host=ID, action=ACTION, arguments={"type": "object"}),
        _command,
        subject="host",
    ),
    Operation(
        "command.cancel",
        "Take a command back that no machine was told of yet",
        "operate",
        "changes",
        shape(("id",), id=ID),
        _cancel,
        subject="id",
    ),
)
