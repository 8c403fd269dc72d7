"""Bytes that keep a connection alive: when, and where none may be sent."""

from __future__ import annotations

import time

import pytest

from wakeful_collector import clock
from wakeful_collector.integrations.ollama.beats import SLICE_SECONDS, Beats
from wakeful_collector.integrations.ollama.dialects import Dialect, Form, Shape
from wakeful_collector.integrations.ollama.reply import Reply


def made(form: Form, every: float, plain: bool = False) -> tuple[Beats, Reply]:
    reply = Reply(lambda *_: None, Shape(Dialect.NATIVE, form))
    return Beats(reply, every, plain=plain, now_seconds=clock.monotonic_seconds()), reply


def test_nothing_is_said_before_its_time_and_one_thing_when_it_has_come() -> None:
    beats, reply = made(Form.LINES, 0.1)
    assert (list(beats.due()), reply.is_begun) == ([], False)
    assert 0 < beats.wait_seconds() <= 0.1
    time.sleep(0.11)
    assert beats.wait_seconds() == 0
    assert (list(beats.due()), list(beats.due()), reply.status) == ([b" "], [], 200)
    time.sleep(0.11)
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
def test_it_is_on_where_the_form_and_the_machine_allow_it(form: Form, every: int, plain: bool, is_on: bool) -> None:
    beats, _ = made(form, every, plain)
    assert beats.is_on is is_on
    assert beats.wait_seconds() == SLICE_SECONDS
