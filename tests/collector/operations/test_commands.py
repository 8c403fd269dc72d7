"""Asking machines for actions, and taking that back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import commands
from wakeful_collector.operations import OperationError
from wakeful_collector.read import audit
from wakeful_collector.read import commands as read
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

Ask = Callable[..., dict[str, Any]]
ACTIONS = [{"name": "restart-web", "danger": "destroys", "parameters": {"unit": {"kind": "choice", "choices": ["x"]}}}]


@pytest.fixture
def host(machine: Callable[..., Any], now_ms: int) -> Any:
    found = machine("web-1")
    found.push([], now_ms, hello={"actions": ACTIONS})
    return found


def test_a_command_is_asked_and_audited_with_who_asked(data: Path, host: Any, ask: Ask, now_ms: int) -> None:
    given = {"host": host.id, "action": "restart-web", "arguments": {"unit": "x"}, "expires_seconds": 30}
    answer = ask("host.command", "operate", **given, request_key="k")
    assert answer == {
        "command": answer["command"], "host": host.id, "host_status": "up", "action": "restart-web",
        "state": "requested", "expires_ms": now_ms + 30_000, "known": False,
    }  # fmt: skip
    assert ask("host.command", "operate", **given, request_key="k")["known"]
    command = read.command(data, answer["command"])
    assert command is not None
    assert (command.principal, command.danger) == ("user:ada", "destroys")
    row = audit.rows(data, 1)[0].entry
    assert row.detail["command"] == answer["command"]
    assert (row.principal, row.operation, row.subject, row.outcome) == ("user:ada", "host.command", host.id, "done")
    assert row.detail["arguments"] == {"unit": "x"}


def test_what_is_refused_is_said_and_audited(data: Path, host: Any, ask: Ask) -> None:
    with pytest.raises(OperationError, match=r"(?s)does not permit.*\[policy\]") as caught:
        ask("host.command", "operate", host=host.id, action="rm")
    assert (caught.value.code, caught.value.status) == ("not_announced", 409)
    with pytest.raises(OperationError) as forbidden:
        ask("host.command", "read", host=host.id, action="restart-web", arguments={"unit": "x"})
    assert forbidden.value.status == 403
    assert [row.entry.detail["why"] for row in audit.rows(data, 2)] == ["scope", "not_announced"]
    assert read.commands(data).commands == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "a b"},
        {"action": "; rm -rf /"},
        {"action": ""},
        {"arguments": ["x"]},
        {"arguments": {"unit": {"nested": 1}}},
        {"expires_seconds": 0},
        {"expires_seconds": 43_201},
        {"expires_seconds": "30"},
        {"request_key": ""},
        {"request_key": "x" * 129},
        {"request_key": None},
        {"host": 7},
        {"argv": ["sh"]},
    ],
)
def test_what_does_not_fit_is_refused(data: Path, host: Any, ask: Ask, wrong: dict[str, Any]) -> None:
    given = {"host": host.id, "action": "restart-web", "arguments": {"unit": "x"}}
    with pytest.raises(OperationError) as caught:
        ask("host.command", "operate", **{**given, **wrong})
    assert (caught.value.code, caught.value.status) == ("invalid", 400)
    assert read.commands(data).commands == []


def test_a_command_is_taken_back_until_the_machine_has_it(data: Path, host: Any, ask: Ask, now_ms: int) -> None:
    given = {"host": host.id, "action": "restart-web", "arguments": {"unit": "x"}}
    one = ask("host.command", "operate", **given)["command"]
    assert ask("command.cancel", "operate", id=one) == {"id": one, "state": "cancelled"}
    two = ask("host.command", "operate", **given)["command"]
    with changing(data) as connection:
        commands.hand_out(connection, host.key, "run-1", 1, now_ms)
    for command_id, status in ((two, 409), (one, 409), ("cmd-none", 404)):
        with pytest.raises(OperationError) as caught:
            ask("command.cancel", "operate", id=command_id)
        assert caught.value.status == status
