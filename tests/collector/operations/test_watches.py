"""What can be asked of what machines keep alive."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.operations import OperationError
from wakeful_collector.read import commands as read

if TYPE_CHECKING:
    from pathlib import Path

Ask = Callable[..., dict[str, Any]]
WATCH = {"watch": {"kind": "choice", "required": True, "choices": ["survival"]}}
SECONDS = {"seconds": {"kind": "number", "required": False, "default": 0, "least": 0, "most": 2_592_000}}
NAMES = ("watch.resume", "watch.repair", "server.start", "server.stop", "server.restart", "server.kill")
ACTIONS = [
    {"name": "watch.pause", "danger": "none", "parameters": {**WATCH, **SECONDS}},
    *({"name": name, "danger": "changes", "parameters": WATCH} for name in NAMES),
]


@pytest.fixture
def host(machine: Callable[..., Any], now_ms: int) -> str:
    found = machine("games")
    found.push([], now_ms, hello={"actions": ACTIONS})
    return str(found.id)


@pytest.mark.parametrize(
    ("operation", "given", "action", "arguments"),
    [
        ("watch.pause", {"seconds": 7_200}, "watch.pause", {"watch": "survival", "seconds": 7_200}),
        ("watch.pause", {}, "watch.pause", {"watch": "survival"}),
        ("watch.resume", {}, "watch.resume", {"watch": "survival"}),
        ("watch.repair", {"expires_seconds": 60}, "watch.repair", {"watch": "survival"}),
        *(("server.power", {"signal": one}, f"server.{one}", {"watch": "survival"}) for one in ("start", "kill")),
    ],
)
def test_each_becomes_a_command(
    data: Path, host: str, ask: Ask, operation: str, given: dict[str, Any], action: str, arguments: dict[str, Any]
) -> None:
    answer = ask(operation, "operate", host=host, watch="survival", **given)
    command = read.command(data, answer["command"])
    assert command is not None
    assert (command.action, command.arguments) == (action, arguments)


def test_a_watch_or_signal_that_is_not_there_is_refused(host: str, ask: Ask) -> None:
    with pytest.raises(OperationError, match="watch must be one of survival"):
        ask("watch.pause", "operate", host=host, watch="creative")
    with pytest.raises(OperationError, match="signal must be one of start, stop, restart, kill"):
        ask("server.power", "operate", host=host, watch="survival", signal="explode")
    with pytest.raises(OperationError, match="seconds"):
        ask("watch.pause", "operate", host=host, watch="survival", seconds=-1)
