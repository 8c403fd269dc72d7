"""Asking for a command: refused now when the host did not announce it, else kept until the agent takes it."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.model import announced
from wakeful_collector.model.command import EXPIRES_SECONDS_DEFAULT, OPEN, Command, CommandState
from wakeful_collector.store import agents, commands, events
from wakeful_wire.push import Event

if TYPE_CHECKING:
    import sqlite3

    from wakeful_collector.model.announced import Announced

LIVE_SECONDS = 60
"""How long a host that was asked something pushes every second, so that it hears and answers soon."""
OPEN_PER_HOST_MAX = 64
PER_MINUTE_MAX = 240
"""How many commands one principal may ask for in a minute."""


class Refusal(Exception):
    """A command that is not asked for: `code` for programs, the text for people, `status` as HTTP has it."""

    def __init__(self, code: str, message: str, status: int = 409) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class Wish(NamedTuple):
    """What somebody wants of a host; with a `request_key` the same wish asked twice is one command."""

    host: str
    action: str
    arguments: dict[str, Any]
    principal: str
    expires_seconds: float = EXPIRES_SECONDS_DEFAULT
    request_key: str | None = None


class Asked(NamedTuple):
    """The command that there is now, and whether it was there before."""

    command: Command
    known: bool


def ask(connection: sqlite3.Connection, wish: Wish, now_ms: int) -> Asked:
    """Keep a command for a host, inside the caller's transaction.

    Raises:
        Refusal: no such host, not announced, arguments that do not fit, too many at once, a request key used before
            for something else.
    """
    rows = agents.rows(connection, wish.host)
    if not rows:
        raise Refusal("unknown_host", f"there is no host {wish.host[:64]!r}", 404)
    key, name, hello = rows[0]["key"], rows[0]["given_name"] or rows[0]["reported_name"], json.loads(rows[0]["hello"])
    before = _before(connection, wish, key)
    if before is not None:
        return Asked(before, True)
    action = _checked(wish, name, hello)
    _check_bounds(connection, wish, key, name, now_ms)
    command = _command(wish, key, action.danger, now_ms)
    commands.add(connection, command)
    agents.set_live(connection, wish.host, now_ms + LIVE_SECONDS * 1000)
    said = {"command": command.id, "by": command.principal, "arguments": command.arguments}
    told = Event(f"requested-{command.id}", now_ms, "command.requested", command.action, said)
    events.add(connection, key, [told], now_ms)
    return Asked(command, False)


def note_done(connection: sqlite3.Connection, wish: Wish, danger: str, data: dict[str, Any], now_ms: int) -> Asked:
    """Keep what the collector does for a host itself as a command that is done, so that its request key makes it once.

    Raises:
        Refusal: no such host, or a request key used before for something else.
    """
    rows = agents.rows(connection, wish.host)
    if not rows:
        raise Refusal("unknown_host", f"there is no host {wish.host[:64]!r}", 404)
    before = _before(connection, wish, rows[0]["key"])
    if before is not None:
        return Asked(before, True)
    command = _command(wish, rows[0]["key"], danger, now_ms)
    commands.add(connection, command)
    commands.finish(connection, command, CommandState.DONE, data, now_ms, answered=True)
    return Asked(commands.one(connection, command.id) or command, False)


def cancel(connection: sqlite3.Connection, command_id: str, principal: str, now_ms: int) -> Command:
    """Take back a command that no agent was told of yet.

    Raises:
        Refusal: there is none, it was handed out already, or it has come to its end.
    """
    command = commands.one(connection, command_id)
    if command is None:
        raise Refusal("unknown_command", f"there is no command {command_id[:64]!r}", 404)
    if command.state not in OPEN:
        raise Refusal("already_over", f"it is {command.state} already")
    data = {"summary": f"taken back by {principal}"}
    waits = command.state is CommandState.REQUESTED
    if not waits or not commands.finish(connection, command, CommandState.CANCELLED, data, now_ms):
        raise Refusal("already_delivered", "the machine has it already; it cannot be taken back any more")
    said = {"command": command.id, "by": principal}
    told = Event(f"cancelled-{command.id}", now_ms, "command.cancelled", command.action, said)
    events.add(connection, command.host_key, [told], now_ms)
    return commands.one(connection, command_id) or command


def _command(wish: Wish, host_key: int, danger: str, now_ms: int) -> Command:
    return Command(
        id=f"cmd-{secrets.token_hex(10)}",
        host_key=host_key,
        action=wish.action,
        arguments=wish.arguments,
        danger=danger,
        principal=wish.principal,
        requested_ms=now_ms,
        expires_ms=now_ms + round(wish.expires_seconds * 1000),
        request_key=wish.request_key,
    )


def _before(connection: sqlite3.Connection, wish: Wish, host_key: int) -> Command | None:
    if wish.request_key is None:
        return None
    found = commands.by_request_key(connection, wish.principal, wish.request_key)
    if found is None:
        return None
    if (found.host_key, found.action, found.arguments) != (host_key, wish.action, wish.arguments):
        raise Refusal("request_key_taken", f"this request_key stands for another command already: {found.id}")
    return found


def _checked(wish: Wish, name: str, hello: dict[str, Any]) -> Announced:
    malformed = announced.malformed(wish.arguments)
    if malformed:
        raise Refusal("invalid", malformed, 400)
    watch = wish.arguments.get("watch")
    action = announced.find(announced.announced(hello), wish.action, watch)
    if action is None:
        raise Refusal("not_announced", _not_announced(wish, name, hello))
    unfit = announced.unfit(action, wish.arguments)
    if unfit:
        raise Refusal("not_fitting", unfit, 400)
    return action


def _not_announced(wish: Wish, name: str, hello: dict[str, Any]) -> str:
    watch = wish.arguments.get("watch")
    watched = watch if isinstance(watch, str) and "." in wish.action else ""
    on = f" for the watch {watched}" if watched else ""
    said = "has not said yet what it may be asked" if not hello else f"does not permit the action {wish.action}{on}"
    lines = announced.permitting(hello, wish.action, watched)
    return f"{name} {said}. What its own agent.toml (root's, on that machine) would have to say:\n{lines}"


def _check_bounds(connection: sqlite3.Connection, wish: Wish, host_key: int, name: str, now_ms: int) -> None:
    if len(commands.open_of(connection, host_key)) >= OPEN_PER_HOST_MAX:
        text = f"{OPEN_PER_HOST_MAX} commands wait for {name} already; cancel some, or come again later"
        raise Refusal("too_many_open", text, 429)
    if commands.asked_since(connection, wish.principal, now_ms - 60_000) >= PER_MINUTE_MAX:
        text = f"{wish.principal} asked for {PER_MINUTE_MAX} commands within a minute; come again in a minute"
        raise Refusal("too_often", text, 429)
