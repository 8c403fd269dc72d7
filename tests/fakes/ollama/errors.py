"""How a refusal is told: in the shape of the API that was asked."""

from __future__ import annotations

import secrets
from typing import Any

OPENAI_TYPES = {400: "invalid_request_error", 404: "not_found_error"}
ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    503: "overloaded_error",
}


class Refusal(Exception):
    """A request that is not done: the status and the text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class Failed(Exception):
    """A run that failed on its way: a line of the stream when one was sent, else a 500."""


def native(status: int, text: str) -> dict[str, Any]:
    """Return an error of `/api`."""
    return {"error": text}


def openai(status: int, text: str) -> dict[str, Any]:
    """Return an error of `/v1`."""
    kind = OPENAI_TYPES.get(status, "api_error")
    return {"error": {"message": text, "type": kind, "param": None, "code": None}}


def anthropic(status: int, text: str) -> dict[str, Any]:
    """Return an error of `/v1/messages`."""
    error = {"type": ANTHROPIC_TYPES.get(status, "api_error"), "message": text}
    return {"type": "error", "error": error, "request_id": f"req_{secrets.token_hex(12)}"}


def not_found(name: str) -> Refusal:
    """Return the refusal of a model that is not here."""
    return Refusal(404, f"model '{name}' not found")
