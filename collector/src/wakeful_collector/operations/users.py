"""People: who may sign in, and what for."""

from __future__ import annotations

from typing import Any

from wakeful_collector.accounts import door, passwords
from wakeful_collector.accounts.principal import USER_SCOPES
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError, Request
from wakeful_collector.read import people as read_people
from wakeful_collector.store import people

NAME = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[\\w.@+-]+$"}
PASSWORD = {"type": "string", "minLength": 1, "maxLength": passwords.CHARACTERS_MAX}
SCOPE = {"type": "string", "enum": list(USER_SCOPES)}


def _add(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    name = given["name"]
    if people.user_named(context.connection, name) is not None:
        raise OperationError("name_taken", f"there is a user {name!r} already", 409)
    user = people.add_user(context.connection, name, context.prepared, given.get("scope", "read"), context.now_ms)
    return {"name": user.name, "scope": user.scope}


def _set_password(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    user = _user(context, given["name"])
    people.set_password(context.connection, user.id, context.prepared)
    ended = people.remove_sessions(context.connection, user.id, context.principal.secret_hash)
    return {"name": user.name, "sessions_ended": ended}


def _change_own_password(context: Context, _: dict[str, Any]) -> dict[str, Any]:
    checked, kept = context.prepared
    user = people.user_by_id(context.connection, checked.id)
    if user is None or user.password != checked.password:
        raise OperationError("changed_meanwhile", "the password was changed meanwhile; sign in again", 409)
    people.set_password(context.connection, user.id, kept)
    ended = people.remove_sessions(context.connection, user.id, context.principal.secret_hash)
    return {"name": user.name, "sessions_ended": ended}


def _set_scope(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    user = _user(context, given["name"])
    if given["scope"] != "admin":
        _keep_an_admin(context, user)
    people.set_scope(context.connection, user.id, given["scope"])
    return {"name": user.name, "scope": given["scope"]}


def _remove(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    user = _user(context, given["name"])
    _keep_an_admin(context, user)
    people.remove_user(context.connection, user.id)
    return {"name": user.name, "removed": True}


def _disable(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    user = _user(context, given["name"])
    if given["disabled"]:
        _keep_an_admin(context, user)
        people.remove_sessions(context.connection, user.id)
    people.set_disabled(context.connection, user.id, context.now_ms if given["disabled"] else None)
    return {"name": user.name, "disabled": given["disabled"]}


def _end_sessions(context: Context, _: dict[str, Any]) -> dict[str, Any]:
    if context.principal.user is None:
        raise OperationError("not_a_user", "only somebody who signed in has sessions of their own", 403)
    kept = context.principal.secret_hash
    return {"sessions_ended": people.remove_sessions(context.connection, context.principal.user, kept)}


def _end_sessions_of(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    user = _user(context, given["name"])
    ended = people.remove_sessions(context.connection, user.id, context.principal.secret_hash)
    return {"name": user.name, "sessions_ended": ended}


def _user(context: Context, name: str) -> people.User:
    user = people.user_named(context.connection, name)
    if user is None:
        raise OperationError("unknown_user", f"there is no user {name!r}", 404)
    return user


def _keep_an_admin(context: Context, user: people.User) -> None:
    others = [
        other
        for other in people.users(context.connection)
        if other.id != user.id and other.scope == "admin" and other.disabled_ms is None
    ]
    if user.scope == "admin" and not others:
        raise OperationError("last_admin", "somebody must be left who may administer", 409)


def _hash(_: Request, given: dict[str, Any]) -> str | None:
    return None if given.get("password") is None else _hashed(given["password"], given["name"])


def _check_and_hash(request: Request, given: dict[str, Any]) -> tuple[people.User, str]:
    data, number = request.settings.data, request.principal.user
    user = None if number is None else read_people.user(data, number)
    if user is None:
        raise OperationError("not_a_user", "only somebody who signed in has a password", 403)
    if user.password is not None:
        admission = door.confirm(data, user, given.get("current", ""), request.principal.address, request.now_ms)
        if admission.token is None:
            wait = f"; wait {admission.wait_seconds} s before the next try" if admission.wait_seconds else ""
            raise OperationError("wrong_password", f"the current password is not right{wait}", 403)
    return user, _hashed(given["password"], user.name)


def _hashed(password: str, name: str) -> str:
    try:
        return passwords.hashed(passwords.checked(password, name))
    except passwords.WeakPassword as error:
        raise OperationError("weak_password", str(error)) from None


_PASSWORD_OR_NONE = {**PASSWORD, "type": ["string", "null"]}
OPERATIONS = (
    Operation(
        "user.add",
        "Add a person",
        "admin",
        "changes",
        shape(("name",), name=NAME, password=_PASSWORD_OR_NONE, scope=SCOPE),
        _add,
        subject="name",
        secrets=("password",),
        prepare=_hash,
    ),
    Operation(
        "user.set-password",
        "Set somebody's password and end their sessions",
        "admin",
        "changes",
        shape(("name", "password"), name=NAME, password=PASSWORD),
        _set_password,
        subject="name",
        secrets=("password",),
        prepare=_hash,
    ),
    Operation(
        "user.change-own-password",
        "Change my password and end my other sessions",
        "read",
        "changes",
        shape(("password",), current={"type": "string", "maxLength": 512}, password=PASSWORD),
        _change_own_password,
        secrets=("current", "password"),
        prepare=_check_and_hash,
    ),
    Operation(
        "user.set-scope",
        "Set what somebody may do",
        "admin",
        "changes",
        shape(("name", "scope"), name=NAME, scope=SCOPE),
        _set_scope,
        subject="name",
    ),
    Operation(
        "user.disable",
        "Lock somebody out, or let them in again",
        "admin",
        "changes",
        shape(("name", "disabled"), name=NAME, disabled={"type": "boolean"}),
        _disable,
        subject="name",
    ),
    Operation(
        "user.remove",
        "Remove a person",
        "admin",
        "destroys",
        shape(("name",), name=NAME),
        _remove,
        subject="name",
    ),
    Operation(
        "user.end-sessions-of",
        "End somebody's sessions",
        "admin",
        "changes",
        shape(("name",), name=NAME),
        _end_sessions_of,
        subject="name",
    ),
    Operation("user.end-sessions", "End my other sessions", "read", "changes", shape(()), _end_sessions),
)
