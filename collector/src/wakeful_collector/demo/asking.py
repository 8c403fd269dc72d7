"""What people did to the sample fleet: commands they asked for, the machine they put to sleep, whom they want told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wakeful_collector.demo.fate import QUIET_HOURS
from wakeful_collector.demo.keeping import KEEPER
from wakeful_collector.demo.napping import NAPS
from wakeful_collector.model import channel, message
from wakeful_collector.model.command import Command, CommandState
from wakeful_collector.model.delivery import DEAD, DELIVERED, Attempt, Next
from wakeful_collector.store import absences, changes, channels, commands, outbox, vault

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from wakeful_collector.demo.story import Story

_MINUTE_MS = 60_000
_HOOK = "http://127.0.0.1:9/wakeful"
"""Port 9 throws away what it gets, where anything listens there at all: the demo calls nobody."""

_SLEEPERS = {
    "sleeps": ("user:jonas", "nobody needs it at night"),
    NAPS: ("local:gateway", "the gateway put it to sleep"),
}
"""Who said of which machine that it sleeps, and why."""

_ASKED: tuple[tuple[float, str, dict[str, Any], str, CommandState, float, str], ...] = (
    (1_440, "backup-world", {"world": "valheim", "keep_days": 7}, "key:nightly", CommandState.DONE, 41.0,
     "backup-world ended with 0 after 40.6 s"),
    (1_085, "server.start", {"watch": "valheim"}, "user:mira", CommandState.DONE, 1.2, "asked over the socket: start"),
    (420, "wake", {"mac": "", "name": ""}, "user:jonas", CommandState.FAILED, 121.0,
     "sent 40 packets in 120 s; nobody answered at tcp:10.23.0.12:445"),
    (26, "server.kill", {"watch": "survival"}, "user:jonas", CommandState.REFUSED, 0.9,
     "more than 30 commands within an hour: this machine's own file permits no more"),
    (21, "watch.repair", {"watch": "creative"}, "user:mira", CommandState.FAILED, 24.0,
     "it fell again after 19 s: out of memory"),
)  # fmt: skip


def tell(data: Path, story: Story) -> None:
    """Write what people did into a filled data folder."""
    machines = story.machines()
    sealed = vault.seal(data, json.dumps({"url": _HOOK, "secret": "nobody listens in a demo", "fingerprint": ""}))
    with changes.changing(data) as connection:
        _add_channel(connection, sealed, story.end_ms)
        if len(machines) > KEEPER:
            _ask(connection, story)
        for machine, key in zip(machines, story.keys, strict=True):
            if machine.fate in _SLEEPERS:
                who, reason = _SLEEPERS[machine.fate]
                since_ms = story.end_ms - round(QUIET_HOURS[machine.fate] * 60 * _MINUTE_MS) - 30_000
                absences.keep(connection, absences.Absence(key, "sleeping", since_ms, None, True, who, reason))


def _ask(connection: sqlite3.Connection, story: Story) -> None:
    for number, (minutes, action, arguments, who, state, seconds, summary) in enumerate(_ASKED):
        asked_ms = story.end_ms - round(minutes * _MINUTE_MS)
        given = dict(arguments)
        if action == "wake":
            sleeper = next((one for one in story.machines() if one.fate == "sleeps"), None)
            if sleeper is None:
                continue
            given = {"mac": sleeper.mac, "name": sleeper.name}
        danger = "destroys" if action == "server.kill" else "changes"
        command = Command(
            f"cmd-demo-{number}", story.keys[KEEPER], action, given, danger, who, asked_ms, asked_ms + 300_000
        )
        commands.add(connection, command)
        data = {"summary": summary, "data": {}}
        commands.finish(connection, command, state, data, asked_ms + round(seconds * 1000), answered=True)


def _add_channel(connection: sqlite3.Connection, sealed: str, end_ms: int) -> None:
    made_ms = end_ms - 20 * 1_440 * _MINUTE_MS
    shown = channel.shown(channel.WEBHOOK, _HOOK)
    made = channels.Channel(
        "ch_demo", "on call", channel.WEBHOOK, "Webhook", shown, sealed, made_ms, "user:mira", allow_private=True
    )
    channels.keep(connection, made)
    ends = ((Attempt("delivered", "", 0.21), DELIVERED, 1_500), (Attempt("refused", "HTTP 410: gone", 0.12), DEAD, 900))
    for attempt, state, minutes in ends:
        at_ms = end_ms - minutes * _MINUTE_MS
        message_id = f"msg-demo-{minutes}"
        outbox.add(connection, message_id, "", "test", message.test_document(made.name, at_ms), at_ms)
        outbox.address(connection, message_id, made.id, made.name, at_ms, at_ms)
        (waiting,) = outbox.due(connection, at_ms, 1)
        outbox.claim(connection, waiting.id, "demo", at_ms, at_ms + 1)
        outbox.settle(connection, waiting, "demo", attempt, Next(state, at_ms), at_ms)
