"""Asking an agent for one of its actions on the gateway's behalf, and waiting for what becomes of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector import clock, commands
from wakeful_collector.model.command import CommandState
from wakeful_collector.read import commands as asked
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wakeful_collector.model.command import Command

PRINCIPAL = "local:gateway"
LOOK_SECONDS = 0.1


class Answer(NamedTuple):
    """What became of a command: `done`, `taken` (the agent has it and did not answer in time), or neither.

    `permanent`: it was refused, and asking again would end the same way. `text` says why, for people.
    """

    done: bool
    taken: bool
    text: str
    permanent: bool = False


def ask(data: Path, host: str, action: str, arguments: Mapping[str, Any], patience_seconds: float) -> Answer:
    """Ask a host's agent for an action and wait; what it has not taken in that time is taken back."""
    now_ms = clock.now_ms()
    wish = commands.Wish(host, action, dict(arguments), PRINCIPAL, expires_seconds=max(1.0, patience_seconds))
    try:
        with changing(data) as connection:
            command = commands.ask(connection, wish, now_ms).command
    except commands.Refusal as refusal:
        return Answer(False, False, refusal.message.replace("\n", " / "), refusal.status != 429)
    return _answer(_await(data, command, patience_seconds), data)


def _await(data: Path, command: Command, patience_seconds: float) -> Command:
    until = clock.monotonic_seconds() + patience_seconds
    pause = threading.Event()
    found: Command | None = command
    while found is not None and found.is_open and clock.monotonic_seconds() < until:
        pause.wait(LOOK_SECONDS)
        found = asked.command(data, command.id)
    return found or command


def _answer(command: Command, data: Path) -> Answer:
    if command.state is CommandState.REQUESTED:
        try:
            with changing(data) as connection:
                commands.cancel(connection, command.id, PRINCIPAL, clock.now_ms())
        except commands.Refusal:  # it was taken, or came to its end, in this moment
            command = asked.command(data, command.id) or command
        else:
            return Answer(
                False, False, f"its agent did not ask for commands in time, so not for {command.action} either"
            )
    if command.state is CommandState.DONE:
        return Answer(True, True, command.summary or f"{command.action} is done")
    if command.state is CommandState.DELIVERED or (command.state is CommandState.EXPIRED and command.delivered_ms):
        return Answer(False, True, f"its agent was handed {command.action} and has not answered")
    refused = command.state is CommandState.REFUSED
    return Answer(
        False, False, f"{command.action} {command.state}: {command.summary or 'no reason was given'}", refused
    )
