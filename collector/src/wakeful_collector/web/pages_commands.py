"""Commands as people read them: what was asked of whom, how it stands, what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.model.command import CommandState
from wakeful_collector.model.host import HostStatus, host_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.model.command import Command
    from wakeful_collector.model.host import Host

VERBS = {
    "watch.pause": "Pause",
    "watch.resume": "Resume",
    "watch.repair": "Repair",
    "server.start": "Start",
    "server.stop": "Stop",
    "server.restart": "Restart",
    "server.kill": "Kill",
    "wake": "Wake",
}
"""What the actions that every agent may know are called on buttons."""

MOODS = {
    CommandState.REQUESTED: "none",
    CommandState.DELIVERED: "none",
    CommandState.DONE: "ok",
    CommandState.FAILED: "bad",
    CommandState.REFUSED: "warn",
    CommandState.EXPIRED: "warn",
    CommandState.CANCELLED: "none",
}
WORDS = {
    CommandState.REQUESTED: "asked",
    CommandState.DELIVERED: "under way",
    CommandState.CANCELLED: "taken back",
}
OUTPUT_CHARACTERS_MAX = 4_000
_SHOWN_ELSEWHERE = {"watch", "name"}


class Line(NamedTuple):
    """A command as a line of a list; `host` is None when that was forgotten."""

    command: Command
    host: Host | None
    title: str
    given: str
    word: str
    mood: str
    said: str
    output: str


def line(command: Command, host: Host | None, now_ms: int) -> Line:
    """Return what is shown of a command."""
    rest = {name: value for name, value in command.arguments.items() if name not in _SHOWN_ELSEWHERE}
    word = WORDS.get(command.state, command.state.value)
    if command.state is CommandState.DONE and command.data.get("dry_run") is True:
        word = "rehearsed"
    return Line(
        command,
        host,
        title(command.action, command.arguments),
        ", ".join(f"{name} {_shown(value)}" for name, value in rest.items() if value != ""),
        word,
        MOODS[command.state],
        said(command, host, now_ms),
        output(command),
    )


def lines(commands: list[Command], hosts: Mapping[int, Host], now_ms: int) -> list[Line]:
    """Return what is shown of some commands."""
    return [line(one, hosts.get(one.host_key), now_ms) for one in commands]


def title(action: str, arguments: Mapping[str, Any]) -> str:
    """Return what was asked for in words: `Restart survival`; an action of a machine's own by its name."""
    subject = arguments.get("watch") or arguments.get("name") or ""
    verb = VERBS.get(action, action)
    return f"{verb} {_shown(subject)}" if subject else verb


def said(command: Command, host: Host | None, now_ms: int) -> str:
    """Return the sentence about where a command stands."""
    if not command.is_open:
        late = " (said late)" if command.late else ""
        return (command.summary + late) or {CommandState.DONE: "the machine says that it is done"}.get(
            command.state, "nobody said why"
        )
    if command.state is CommandState.DELIVERED:
        return "the machine has it and is at it"
    if host is not None and host_status(host, now_ms) is HostStatus.SILENT:
        return f"{host.name} is silent: it is told as soon as it pushes again, if it does in time"
    return "waits for the machine to take it, with its next push"


def output(command: Command) -> str:
    """Return what a program wrote, where the machine's own file lets that be seen; the end of it, bounded."""
    data = command.data.get("data")
    wrote = data.get("output") if isinstance(data, dict) else None
    return wrote[-OUTPUT_CHARACTERS_MAX:] if isinstance(wrote, str) else ""


def _shown(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)[:200]
