"""Bytes that keep a connection alive: when, and where none may be sent."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from wakeful_collector.integrations.ollama import beats as module
from wakeful_collector.integrations.ollama.beats import SLICE_SECONDS, Beats
from wakeful_collector.integrations.ollama.dialects import Dialect, Form, Shape
from wakeful_collector.integrations.ollama.reply import Reply


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic_seconds(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time as the beats see it."""
    made = Clock()
    monkeypatch.setattr(module, "clock", SimpleNamespace(monotonic_seconds=made.monotonic_seconds))
    return made


def made(clock: Clock, form: Form, every: float, plain: bool = False) -> tuple[Beats, Reply]:
    reply = Reply(lambda *_: None, Shape(Dialect.NATIVE, form))
    return Beats(reply, every, plain=plain, now_seconds=clock.seconds), reply


def test_nothing_is_said_before_its_time_and_one_thing_when_it_has_come(clock: Clock) -> None:
    beats, reply = made(clock, Form.LINES, 10)
    clock.seconds += 9.5
    assert (list(beats.due()), reply.is_begun) == ([], False)
    assert beats.wait_seconds() == 0.5
    clock.seconds += 0.6
    assert beats.wait_seconds() == 0
    assert (list(beats.due()), list(beats.due()), reply.status) == ([b" "], [], 200)
    clock.seconds += 10
    assert list(beats.due()) == [b" "]


@pytest.mark.parametrize(
    ("form", "every", "plain", "is_on"),
    [
        (Form.LINES, 5, False, True),
        (Form.EVENTS, 5, False, True),
        (Form.JSON, 5, False, False),
        (Form.JSON, 5, True, True),
        (Form.OTHER, 5, True, False),
        (Form.LINES, 0, False, False),
    ],
)
def test_it_is_on_where_the_form_and_the_machine_allow_it(
    clock: Clock, form: Form, every: int, plain: bool, is_on: bool
) -> None:
    beats, _ = made(clock, form, every, plain)
    assert beats.is_on is is_on
    assert beats.wait_seconds() == SLICE_SECONDS
