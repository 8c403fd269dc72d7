"""Operations over the API: the registry, one route that runs any of it, and the commands that come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.clock import rfc3339
from wakeful_collector.commands.waiting import SECONDS_MAX
from wakeful_collector.model.command import CommandState
from wakeful_collector.read import commands, hosts
from wakeful_collector.web import kit
from wakeful_collector.web.api_hosts import known_host
from wakeful_collector.web.api_shapes import (
    CURSOR,
    FLAG,
    FREE,
    TEXT,
    TIME,
    bad_cursor,
    limit,
    listed,
    maybe,
    record,
    time_or_none,
)
from wakeful_collector.web.kit_endpoints import Call, Endpoint
from wakeful_collector.web.kit_parameters import Parameter, choice, whole, words

if TYPE_CHECKING:
    from wakeful_collector.model.command import Command
    from wakeful_collector.model.host import Host
    from wakeful_collector.operations.registry import Operation


def command_document(command: Command, host: Host | None) -> dict[str, Any]:
    """Return a command as the API shows it; `host` is None when it was forgotten."""
    return {
        "id": command.id,
        "host": None if host is None else host.id,
        "host_name": None if host is None else host.name,
        "action": command.action,
        "arguments": command.arguments,
        "danger": command.danger,
        "state": command.state.value,
        "principal": command.principal,
        "requested": rfc3339(command.requested_ms),
        "expires": rfc3339(command.expires_ms),
        "delivered": time_or_none(command.delivered_ms),
        "finished": time_or_none(command.finished_ms),
        "late": command.late,
        "summary": command.summary,
        "data": command.data,
    }


def _operations(call: Call) -> dict[str, Any]:
    return {"operations": [_operation(one, call) for one in kit.state().registry]}


def _operation(operation: Operation, call: Call) -> dict[str, Any]:
    return {
        "name": operation.name,
        "title": operation.title,
        "scope": operation.scope,
        "danger": operation.danger,
        "subject": operation.subject,
        "secrets": list(operation.secrets),
        "arguments": operation.arguments,
        "permitted": call.principal.may(operation.scope),
    }


def _run(call: Call) -> dict[str, Any]:
    result = kit.run(call["name"], call.body)
    asked = result.get("command")
    return {"operation": call["name"], "result": result, "command": None if asked is None else _waited(asked, call)}


def _commands(call: Call) -> dict[str, Any]:
    before = call["cursor"]
    if before is not None and not (before.isascii() and before.isdigit() and len(before) <= 18):
        bad_cursor()
    key = None if call["host"] is None else known_host(call["host"]).key
    page = commands.commands(kit.data(), call["limit"], None if before is None else int(before), key, call["state"])
    known = {host.key: host for host in hosts.hosts(kit.data())}
    documents = [command_document(one, known.get(one.host_key)) for one in page.commands]
    return {"commands": documents, "next": None if page.next is None else str(page.next)}


def _command(call: Call) -> dict[str, Any]:
    found = _waited(call["command_id"], call)
    if found is None:
        kit.abort(404, "unknown_command", "there is no such command; GET /api/v1/commands lists them")
    return found


def _waited(command_id: str, call: Call) -> dict[str, Any] | None:
    """Return the command at its end, or as it stands when `wait` is over or too many wait already."""
    known = kit.state()
    most = max(1, known.settings.web_threads // 3)
    found = known.waiting.for_end(kit.data(), command_id, call["wait"], most)
    if found is None:
        return None
    return command_document(found, hosts.by_key(kit.data(), found.host_key))


_COMMAND = record(
    id=TEXT,
    host=maybe(TEXT),
    host_name=maybe(TEXT),
    action=TEXT,
    arguments=FREE,
    danger=TEXT,
    state={"type": "string", "enum": [state.value for state in CommandState]},
    principal=TEXT,
    requested=TIME,
    expires=TIME,
    delivered=maybe(TIME),
    finished=maybe(TIME),
    late=FLAG,
    summary=TEXT,
    data=FREE,
)
_OPERATION = record(
    name=TEXT,
    title=TEXT,
    scope=TEXT,
    danger=TEXT,
    subject=TEXT,
    secrets=listed(TEXT),
    arguments=FREE,
    permitted=FLAG,
)
_WAIT = Parameter(
    "wait", whole(0, SECONDS_MAX), "Seconds to wait for the command's end; where many wait, less", default="0"
)
ENDPOINTS = (
    Endpoint(
        "GET",
        "/operations",
        "operations",
        "List what can be done, with the JSON Schema of its arguments",
        _operations,
        record(operations=listed(_OPERATION)),
        "operations",
        description="`permitted`: whoever asks holds the scope. `secrets`: arguments that stand in no audit trail.",
    ),
    Endpoint(
        "POST",
        "/operations/{name}",
        "runOperation",
        "Run an operation",
        _run,
        record(operation=TEXT, result=FREE, command=maybe(_COMMAND)),
        "operations",
        scope="",
        parameters=(_WAIT,),
        path_parameters=(Parameter("name", words(64), "Its name, as listed", required=True),),
        body={"type": "object"},
        errors=(404, 409, 422),
        description=(
            "The body holds the arguments as `GET /operations` describes them; the operation's own scope is needed."
            " Where a machine was asked for something, `command` is that command, after waiting."
        ),
    ),
    Endpoint(
        "GET",
        "/commands",
        "commands",
        "List commands, newest first",
        _commands,
        record(commands=listed(_COMMAND), next=maybe(TEXT)),
        "commands",
        parameters=(
            Parameter("host", words(64), "Only commands to the host of this id"),
            Parameter("state", choice(*CommandState), "Only commands in one of these states", repeated=True),
            limit(100, commands.LIMIT_MAX),
            CURSOR,
        ),
        errors=(404,),
    ),
    Endpoint(
        "GET",
        "/commands/{command_id}",
        "command",
        "Show a command, when it has come to its end or now",
        _command,
        _COMMAND,
        "commands",
        parameters=(_WAIT,),
        path_parameters=(Parameter("command_id", words(64), "Its id", required=True),),
        errors=(404,),
    ),
)
