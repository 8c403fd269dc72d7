"""An answer is begun once and ended as its form allows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wakeful_collector.integrations.ollama.dialects import Dialect, Form, Refusal, Shape
from wakeful_collector.integrations.ollama.reply import Reply
from wakeful_collector.web.kit import BrokenOff


def made(form: Form) -> tuple[Reply, list[Any]]:
    said: list[Any] = []
    return Reply(lambda status, headers: said.append((status, dict(headers))), Shape(Dialect.NATIVE, form)), said


def test_a_refusal_before_the_first_byte_is_a_whole_answer() -> None:
    reply, said = made(Form.LINES)
    reply.state = "waking"
    body = reply.refuse(Refusal(503, "full", "too many wait", 9.6))
    [(status, headers)] = said
    assert (status, json.loads(body)) == ("503 Service Unavailable", {"error": "too many wait"})
    assert headers["Content-Length"] == str(len(body))
    assert (headers["Retry-After"], headers["Wakeful-State"], headers["Cache-Control"]) == ("10", "waking", "no-store")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_refusal_after_an_early_beginning_is_a_line() -> None:
    reply, said = made(Form.LINES)
    reply.begin_early()
    assert said[0][0] == "200 OK"
    assert (said[0][1]["X-Accel-Buffering"], "Wakeful-State" in said[0][1]) == ("no", False)
    assert reply.refuse(Refusal(504, "not_awake", "it slept on")) == b'{"error":"it slept on"}\n'
    assert len(said) == 1


def test_a_refusal_in_the_middle_of_the_upstreams_own_answer_breaks_off() -> None:
    reply, _ = made(Form.LINES)
    assert not reply.is_begun
    reply.begin(200, [])
    with pytest.raises(BrokenOff):
        reply.refuse(Refusal(500, "internal", "no"))


def test_a_plain_answer_begun_early_is_not_told_to_be_a_stream() -> None:
    reply, said = made(Form.JSON)
    reply.begin_early()
    assert "X-Accel-Buffering" not in said[0][1]


def test_a_status_that_nobody_knows_has_a_name_too() -> None:
    reply, said = made(Form.OTHER)
    reply.begin(599, [("X-A", "b")])
    assert said[0][0] == "599 Unknown"
    reply, said = made(Form.OTHER)
    reply.refuse(Refusal(401, "unauthorized", "no"))
    assert said[0][1]["WWW-Authenticate"] == "Bearer"
