"""Errors in three languages, and what may be said while one waits."""

from __future__ import annotations

import json

import pytest

from wakeful_collector.integrations.ollama.dialects import (
    Dialect,
    Form,
    Refusal,
    Shape,
    beat,
    content_type,
    dialect_of,
    error_body,
    error_piece,
    form_of,
    told_piece,
)

REFUSAL = Refusal(429, "limited", "too often", 7)


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/api/chat", Dialect.NATIVE),
        ("/", Dialect.NATIVE),
        ("/v1", Dialect.OPENAI),
        ("/v1/chat/completions", Dialect.OPENAI),
        ("/v1/messages", Dialect.ANTHROPIC),
        ("/v1/messages/count_tokens", Dialect.ANTHROPIC),
        ("/v1/responses", Dialect.RESPONSES),
        ("/v1x", Dialect.NATIVE),
    ],
)
def test_a_path_says_its_language(path: str, dialect: Dialect) -> None:
    assert dialect_of(path) is dialect


@pytest.mark.parametrize(
    ("method", "path", "stream", "form"),
    [
        ("POST", "/api/chat", None, Form.LINES),
        ("POST", "/api/pull", True, Form.LINES),
        ("POST", "/api/generate", False, Form.JSON),
        ("POST", "/api/embed", None, Form.JSON),
        ("POST", "/v1/chat/completions", None, Form.JSON),
        ("POST", "/v1/messages", True, Form.EVENTS),
        ("POST", "/v1/audio/transcriptions", None, Form.OTHER),
        ("POST", "/api/blobs/sha256:0", None, Form.OTHER),
        ("POST", "/api/anything", True, Form.OTHER),
        ("GET", "/api/chat", None, Form.OTHER),
        ("DELETE", "/api/delete", None, Form.OTHER),
    ],
)
def test_a_request_says_what_its_answer_will_be(method: str, path: str, stream: bool | None, form: Form) -> None:
    assert form_of(method, path, stream) is form


def test_errors_are_said_in_the_language_of_the_path() -> None:
    assert json.loads(error_body(Dialect.NATIVE, REFUSAL)) == {"error": "too often"}
    said = {"message": "too often", "type": "rate_limit_error", "param": None, "code": "limited"}
    assert json.loads(error_body(Dialect.OPENAI, REFUSAL)) == {"error": said}
    assert json.loads(error_body(Dialect.RESPONSES, REFUSAL)) == {"error": said}
    anthropic = json.loads(error_body(Dialect.ANTHROPIC, REFUSAL))
    assert anthropic["error"] == {"type": "rate_limit_error", "message": "too often"}
    assert (anthropic["type"], anthropic["request_id"][:4]) == ("error", "req_")
    assert json.loads(error_body(Dialect.OPENAI, Refusal(504, "not_awake", "no")))["error"]["type"] == "api_error"


def test_an_error_in_an_answer_that_has_begun_is_a_line_or_an_event() -> None:
    assert error_piece(Shape(Dialect.NATIVE, Form.LINES), REFUSAL) == b'{"error":"too often"}\n'
    assert error_piece(Shape(Dialect.OPENAI, Form.EVENTS), REFUSAL).startswith(b'data: {"error":{"message":')
    assert error_piece(Shape(Dialect.ANTHROPIC, Form.EVENTS), REFUSAL).startswith(
        b'event: error\ndata: {"type":"error"'
    )
    event = error_piece(Shape(Dialect.RESPONSES, Form.EVENTS), REFUSAL)
    assert event.startswith(b"event: error\n")
    assert json.loads(event.partition(b"data: ")[2])["code"] == "limited"
    assert event.endswith(b"\n\n")


@pytest.mark.parametrize("form", [Form.LINES, Form.EVENTS, Form.JSON])
def test_what_keeps_a_connection_alive_means_nothing(form: Form) -> None:
    assert content_type(form)
    if form is Form.EVENTS:
        assert beat(form).startswith(b":")
    else:
        assert json.loads(beat(form) * 30 + b'{"done":true}') == {"done": True}
        assert b"\n" not in beat(form)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": "model not found"}', b'{"error":"model not found"}\n'),
        (b'{"error": "two\\nlines",\n "x": 1}\n', b'{"error":"two\\nlines","x":1}\n'),
        (b"busy\n", b'{"error":"busy"}\n'),
        (b"", b'{"error":"the service answered 500 without a word"}\n'),
        (b'["x"]', b'{"error":"[\\"x\\"]"}\n'),
        (b"[" * 9_000, b'{"error":"' + b"[" * 500 + b'"}\n'),
    ],
)
def test_an_upstreams_late_error_is_told_in_its_own_words(body: bytes, said: bytes) -> None:
    assert told_piece(Shape(Dialect.NATIVE, Form.LINES), body, 500) == said
