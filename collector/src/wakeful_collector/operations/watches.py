"""What machines keep alive: pause, resume, repair now, and the power of a game server. All of it is asked, not done."""

from __future__ import annotations

from typing import Any

from wakeful_collector.operations.commands import WATCH, ask, asking
from wakeful_collector.operations.hosts import ID
from wakeful_collector.operations.registry import Context, Operation

PAUSE_SECONDS_MAX = 30 * 86_400
SIGNALS = ("start", "stop", "restart", "kill")


def _pause(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    arguments = {"watch": given["watch"]}
    if "seconds" in given:
        arguments["seconds"] = given["seconds"]
    return ask(context, given["host"], "watch.pause", arguments, given)


def _resume(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    return ask(context, given["host"], "watch.resume", {"watch": given["watch"]}, given)


def _repair(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    return ask(context, given["host"], "watch.repair", {"watch": given["watch"]}, given)


def _power(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    return ask(context, given["host"], f"server.{given['signal']}", {"watch": given["watch"]}, given)


_SECONDS = {"type": "integer", "minimum": 0, "maximum": PAUSE_SECONDS_MAX}
_SIGNAL = {"type": "string", "enum": list(SIGNALS)}
_BOTH = ("host", "watch")
OPERATIONS = (
    Operation(
        "watch.pause",
        "Leave something alone that a machine keeps alive, for a while or until it is resumed",
        "operate",
        "changes",
        asking(_BOTH, host=ID, watch=WATCH, seconds=_SECONDS),
        _pause,
        subject="host",
    ),
    Operation(
        "watch.resume",
        "Keep something alive again",
        "operate",
        "changes",
        asking(_BOTH, host=ID, watch=WATCH),
        _resume,
        subject="host",
    ),
    Operation(
        "watch.repair",
        "Repair something now, whatever its attempts and pauses",
        "operate",
        "changes",
        asking(_BOTH, host=ID, watch=WATCH),
        _repair,
        subject="host",
    ),
    Operation(
        "server.power",
        "Start, stop, restart or kill a Pterodactyl server",
        "operate",
        "changes",
        asking((*_BOTH, "signal"), host=ID, watch=WATCH, signal=_SIGNAL),
        _power,
        subject="host",
    ),
)
