"""Asking an agent on the gateway's behalf: what it did, refused, did not take, or never told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector import commands as asking
from wakeful_collector.commands import Wish
from wakeful_collector.integrations.ollama import commanding
from wakeful_collector.integrations.ollama.commanding import Answer, ask
from wakeful_collector.read import commands
from wakeful_collector.store.changes import changing

from .machines import Servant, await_true

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PLUG = {"name": "plug", "danger": "changes", "parameters": {"number": {"kind": "number"}}}


@pytest.fixture
def servant(machine: Callable[..., Any]) -> Iterator[Servant]:
    one = Servant(machine("pi"), [PLUG])
    yield one
    one.end()


def test_an_action_is_asked_for_and_its_end_is_told(data: Path, servant: Servant) -> None:
    assert ask(data, servant.host.id, "plug", {"number": 3}, 10) == Answer(True, True, "did it")
    assert servant.taken == [("plug", {"number": 3})]
    (command,) = commands.commands(data).commands
    assert command.principal == "local:gateway"


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (
            {"state": "failed", "data": {"summary": "no power"}},
            Answer(False, False, "plug failed: no power"),
        ),
        (
            {"state": "refused", "data": {"reason": "not here"}},
            Answer(False, False, "plug refused: not here", True),
        ),
        ({"state": "failed", "data": {}}, Answer(False, False, "plug failed: no reason was given")),
        ({"state": "done", "data": {}}, Answer(True, True, "plug is done")),
    ],
)
def test_how_it_ended(data: Path, servant: Servant, said: dict[str, Any], answer: Answer) -> None:
    servant.answer = lambda _: said
    assert ask(data, servant.host.id, "plug", {"number": 3}, 10) == answer


def test_what_is_taken_and_never_answered_was_taken(data: Path, servant: Servant) -> None:
    servant.answer = lambda _: None
    answer = ask(data, servant.host.id, "plug", {"number": 3}, 1.0)
    assert (answer.done, answer.taken, answer.permanent) == (False, True, False)
    assert "was handed plug and has not answered" in answer.text


def test_what_is_not_taken_in_time_is_taken_back(data: Path, servant: Servant) -> None:
    servant.deaf = True
    answer = ask(data, servant.host.id, "plug", {"number": 3}, 0.3)
    assert (answer.done, answer.taken, answer.permanent) == (False, False, False)
    assert "did not ask for commands in time" in answer.text
    (command,) = commands.commands(data).commands
    assert command.state == "cancelled", "nothing may happen when it comes back"


def test_what_was_taken_in_the_last_moment_counts(data: Path, servant: Servant) -> None:
    servant.deaf = True
    servant.answer = lambda _: None
    wish = Wish(servant.host.id, "plug", {"number": 3}, "local:gateway")
    with changing(data) as connection:
        seen = asking.ask(connection, wish, clock.now_ms()).command
    servant.deaf = False
    await_true(lambda: servant.taken, "the agent takes it")
    answer = commanding._answer(seen, data)
    assert (answer.done, answer.taken) == (False, True)


def test_what_a_host_does_not_permit_is_refused_at_once(data: Path, servant: Servant) -> None:
    answer = ask(data, servant.host.id, "suspend", {}, 10)
    assert (answer.done, answer.taken, answer.permanent) == (False, False, True)
    assert "does not permit the action suspend" in answer.text
    assert ask(data, "nobody", "plug", {}, 10).text == "there is no host 'nobody'"
    assert ask(data, servant.host.id, "plug", {"number": "x"}, 10).text == "number must be a number"
