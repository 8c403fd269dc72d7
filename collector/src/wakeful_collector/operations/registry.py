"""The registry of operations and the one place that runs them: arguments, permission, change, audit row."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wakeful_collector.operations import arguments as shapes
from wakeful_collector.store import audit
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from wakeful_collector.accounts import Principal
    from wakeful_collector.config import Settings

DANGERS = ("none", "changes", "destroys")
"""How much an operation can hurt: nothing, changes that can be changed back, what is gone is gone."""

ATTEMPT_CHARACTERS_MAX = 4_096
ATTEMPTS_A_MINUTE_MAX = 60
_ATTEMPT_DEPTH_MAX = 8
_USERINFO = re.compile(r"://[^/\s]*@")
"""A name and a password before the host of an address: refused, but the attempt is kept for ever."""


class OperationError(Exception):
    """An operation that was not done: `code` for programs, the text for people, `status` as HTTP has it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler works with: `connection` is inside the transaction that the audit row is written in too.

    `prepared` is what the operation's `prepare` returned: slow work (password hashes) that no transaction waits for.
    """

    connection: sqlite3.Connection
    principal: Principal
    settings: Settings
    now_ms: int
    prepared: Any = None


@dataclass(frozen=True, slots=True)
class Request:
    """What a preparation works with, before the transaction."""

    principal: Principal
    settings: Settings
    now_ms: int


Handler = Callable[[Context, dict[str, Any]], dict[str, Any]]
Preparation = Callable[[Request, dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """A verb offered to people and machines alike; done, only one whose `danger` is "none" leaves no audit row.

    `arguments` is a JSON Schema of an object; `subject` names the argument that says what it is done to; the arguments
    in `secrets` (`name`, or `name.inner` of an object) never reach the audit trail.
    """

    name: str
    title: str
    scope: str
    danger: str
    arguments: dict[str, Any]
    handler: Handler
    subject: str = ""
    secrets: tuple[str, ...] = ()
    prepare: Preparation | None = None


class Registry:
    """Operations by name."""

    def __init__(self, operations: tuple[Operation, ...]) -> None:
        self._operations = {operation.name: operation for operation in operations}
        if len(self._operations) != len(operations):
            raise ValueError("an operation is registered twice")

    def __iter__(self) -> Any:
        """Iterate over the operations in the order they were listed."""
        return iter(self._operations.values())

    def get(self, name: str) -> Operation:
        """Return the operation of that name; raise OperationError when there is none."""
        if name not in self._operations:
            raise OperationError("unknown_operation", f"there is no operation {name!r}", 404)
        return self._operations[name]


def run(
    settings: Settings, registry: Registry, principal: Principal, name: str, given: dict[str, Any], now_ms: int
) -> dict[str, Any]:
    """Run an operation for `principal` and return what it answers; the change and its audit row are one transaction.

    Raises:
        OperationError: unknown operation, bad arguments, not permitted, or not possible; attempts are audited too.
    """
    operation = registry.get(name)
    try:
        shapes.check(given, operation.arguments)
    except shapes.Unfit as error:
        raise OperationError("invalid", str(error), 400) from None
    if not principal.may(operation.scope):
        _note_alone(settings.data, operation, principal, given, now_ms, "refused", "scope")
        raise OperationError("forbidden", f"{name} needs the scope {operation.scope}", 403)
    try:
        request = Request(principal, settings, now_ms)
        prepared = None if operation.prepare is None else operation.prepare(request, given)
        with changing(settings.data) as connection:
            answer = operation.handler(Context(connection, principal, settings, now_ms, prepared), given)
            if operation.danger != "none":
                audit.append(connection, _entry(operation, principal, given | _asked(answer), now_ms, "done", ""))
    except OperationError as error:
        _note_alone(settings.data, operation, principal, given, now_ms, "failed", error.code)
        raise
    return answer


def _asked(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the id of the command or deed that came of an operation, to be found again when that ends."""
    if isinstance(answer.get("deed"), dict):
        return {"deed": answer["deed"].get("id")}
    return {"command": answer["command"]} if isinstance(answer.get("command"), str) else {}


def _note_alone(
    data: Path, operation: Operation, principal: Principal, given: dict[str, Any], now_ms: int, outcome: str, why: str
) -> None:
    entry = _entry(operation, principal, given, now_ms, outcome, why)
    # Whoever may do nothing could still fill the trail, which is kept for ever.
    if not _is_flat(entry.detail) or len(json.dumps(entry.detail)) > ATTEMPT_CHARACTERS_MAX:
        entry = replace(
            entry, detail={"why": why, "omitted": f"more than {ATTEMPT_CHARACTERS_MAX} characters, or deep"}
        )
    with changing(data) as connection:
        if not audit.is_crowded(connection, principal.name, now_ms - 60_000, ATTEMPTS_A_MINUTE_MAX):
            audit.append(connection, entry)


def _is_flat(value: Any, depth: int = 0) -> bool:
    if not isinstance(value, (dict, list)):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return depth < _ATTEMPT_DEPTH_MAX and all(_is_flat(one, depth + 1) for one in inner)


def _without(key: str, value: Any, secrets: tuple[str, ...]) -> Any:
    """Return an argument without what of it is secret, which `secrets` name as `key.name`."""
    if not isinstance(value, dict):
        return value
    return {name: one for name, one in value.items() if f"{key}.{name}" not in secrets}


def _entry(
    operation: Operation, principal: Principal, given: dict[str, Any], now_ms: int, outcome: str, why: str
) -> audit.Entry:
    detail = {
        key: _USERINFO.sub("://...@", value) if isinstance(value, str) else _without(key, value, operation.secrets)
        for key, value in given.items()
        if key not in operation.secrets and key != operation.subject
    }
    return audit.Entry(
        at_ms=now_ms,
        principal=principal.name,
        address=principal.address,
        face=principal.face,
        operation=operation.name,
        subject=str(given.get(operation.subject, "")),
        outcome=outcome,
        detail=detail | ({"why": why} if why else {}),
    )
