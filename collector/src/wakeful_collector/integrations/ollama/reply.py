"""The answer to a client: begun once, in time or early, and ended as its form allows."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.ollama.dialects import Form, content_type, error_body, error_piece
from wakeful_collector.web.kit import BrokenOff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wakeful_collector.integrations.ollama.dialects import Refusal, Shape

_STREAMED = frozenset((Form.LINES, Form.EVENTS))
_ALWAYS = (("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", "default-src 'none'; sandbox"))


class Reply:
    """What is said through WSGI's `start_response`; `state` is the machine's, for the header `Wakeful-State`.

    `is_early` tells that its head was sent before the upstream's was there.
    """

    def __init__(self, start_response: Callable[..., Any], shape: Shape) -> None:
        self.shape = shape
        self.state = ""
        self.status = 0
        self._start_response = start_response
        self.is_early = False

    @property
    def is_begun(self) -> bool:
        """Tell whether the status is said, and so fixed."""
        return self.status != 0

    def begin(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Say status and headers, once."""
        self.status = status
        known = [("Wakeful-State", str(self.state))] if self.state else []
        self._start_response(f"{status} {phrase(status)}", [*headers, *known, *_ALWAYS])

    def begin_early(self) -> None:
        """Say that all is well before that is known, as something must be sent now."""
        headers = [("Content-Type", content_type(self.shape.form)), ("Cache-Control", "no-store")]
        if self.shape.form in _STREAMED:
            headers.append(UNBUFFERED)
        self.is_early = True
        self.begin(HTTPStatus.OK, headers)

    def refuse(self, refusal: Refusal) -> bytes:
        """Return the error as a whole answer, or as the end of one begun early; raise BrokenOff where none can be."""
        if self.is_begun:
            if not self.is_early:
                raise BrokenOff(refusal.message)
            return error_piece(self.shape, refusal)
        body = error_body(self.shape.dialect, refusal)
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
        ]
        if refusal.retry_seconds:
            headers.append(("Retry-After", str(max(1, round(refusal.retry_seconds)))))
        if refusal.status == HTTPStatus.GATEWAY_TIMEOUT:
            headers.append(FUTILE)
        if refusal.status == HTTPStatus.UNAUTHORIZED:
            headers.append(("WWW-Authenticate", "Bearer"))
        self.begin(refusal.status, headers)
        return body


UNBUFFERED = ("X-Accel-Buffering", "no")
"""Tells nginx to pass a stream on as it comes."""

FUTILE = ("X-Should-Retry", "false")
"""Tells OpenAI's clients not to repeat by themselves what has just waited for a whole boot: each would wake it anew."""


def phrase(status: int) -> str:
    """Return the words of a status; a service may answer one that has none (520, 529)."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
