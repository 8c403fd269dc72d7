"""How the three languages of an upstream say things: what an error looks like, and what may be said while one waits.

Ollama's own API speaks NDJSON and `{"error": "..."}`; below `/v1` it speaks OpenAI's, `/v1/messages` Anthropic's.
"""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec


class Dialect(StrEnum):
    """Whose API a path belongs to."""

    NATIVE = "native"
    OPENAI = "openai"
    RESPONSES = "responses"
    ANTHROPIC = "anthropic"


class Form(StrEnum):
    """What the body of an answer consists of."""

    LINES = "ndjson"
    EVENTS = "sse"
    JSON = "json"
    OTHER = "other"


class Refusal(Exception):
    """An answer that is ours: `status`, a `code` for the log and the metrics, a sentence, when to come again."""

    def __init__(self, status: int, code: str, message: str, retry_seconds: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_seconds = retry_seconds


class Shape(NamedTuple):
    """The language of an answer and its form."""

    dialect: Dialect
    form: Form


_LINED = frozenset(f"/api/{name}" for name in ("generate", "chat", "pull", "push", "create"))
_PLAIN = frozenset(f"/api/{name}" for name in ("embed", "embeddings", "show"))
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    413: "request_too_large",
    421: "invalid_request_error",
    429: "rate_limit_error",
}
_CONTENT_TYPES = {
    Form.LINES: "application/x-ndjson",
    Form.EVENTS: "text/event-stream",
    Form.JSON: "application/json; charset=utf-8",
}
_BEATS = {Form.LINES: b" ", Form.EVENTS: b": keepalive\n\n", Form.JSON: b" "}


def dialect_of(path: str) -> Dialect:
    """Return whose language is spoken at an upstream's path."""
    if path == "/v1/messages" or path.startswith("/v1/messages/"):
        return Dialect.ANTHROPIC
    if path == "/v1/responses" or path.startswith("/v1/responses/"):
        return Dialect.RESPONSES
    return Dialect.OPENAI if path == "/v1" or path.startswith("/v1/") else Dialect.NATIVE


def form_of(method: str, path: str, stream: bool | None) -> Form:
    """Return what an answer will consist of; `stream` is what the request says, None when it says nothing.

    OTHER where nothing is known: then not a byte may be sent before the upstream's own.
    """
    if method != "POST":
        return Form.OTHER
    if path in _LINED:
        return Form.JSON if stream is False else Form.LINES
    if path in _PLAIN:
        return Form.JSON
    if path.startswith("/v1/") and not path.startswith("/v1/audio/"):
        return Form.EVENTS if stream else Form.JSON
    return Form.OTHER


def content_type(form: Form) -> str:
    """Return the media type that an answer of this form has."""
    return _CONTENT_TYPES[form]


def beat(form: Form) -> bytes:
    """Return what keeps a connection alive before the first piece of an answer, and means nothing in its form.

    A space before a JSON value is no line; a blank line would be one, and Ollama's client fails on it.
    """
    return _BEATS[form]


def error_body(dialect: Dialect, refusal: Refusal) -> bytes:
    """Return the body of an error answer."""
    return msgspec.json.encode(_error(dialect, refusal)) + b"\n"


def error_piece(shape: Shape, refusal: Refusal) -> bytes:
    """Return a failure as the last piece of an answer that has begun."""
    return _piece(shape, _error(shape.dialect, refusal, streamed=True))


def told_piece(shape: Shape, body: bytes, status: int) -> bytes:
    """Return an upstream's error answer as the last piece of an answer that has begun, in the upstream's own words."""
    try:
        said = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or "error" not in said:
        text = body.decode("utf-8", "replace").strip()[:500]
        refusal = Refusal(status, "upstream", text or f"the service answered {status} without a word")
        return error_piece(shape, refusal)
    return _piece(shape, said)


def _piece(shape: Shape, document: Any) -> bytes:
    encoded = msgspec.json.encode(document)
    if shape.form is not Form.EVENTS:
        return encoded + b"\n"
    name = b"" if shape.dialect is Dialect.OPENAI else b"event: error\n"
    return name + b"data: " + encoded + b"\n\n"


def _error(dialect: Dialect, refusal: Refusal, streamed: bool = False) -> dict[str, Any]:
    kind = _TYPES.get(refusal.status, "api_error")
    if dialect is Dialect.NATIVE:
        return {"error": refusal.message}
    if dialect is Dialect.ANTHROPIC:
        error = {"type": kind, "message": refusal.message}
        return {"type": "error", "error": error, "request_id": f"req_{secrets.token_hex(12)}"}
    if dialect is Dialect.RESPONSES and streamed:
        return {"type": "error", "code": refusal.code, "message": refusal.message, "param": None}
    return {"error": {"message": refusal.message, "type": kind, "param": None, "code": refusal.code}}
