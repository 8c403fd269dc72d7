"""Errors as they are answered: `{"error", "message"}` to programs, a page to people, a traceback to nobody."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from wakeful_collector import __version__
from wakeful_collector.operations.registry import OperationError
from wakeful_collector.web import pages_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOG = logging.getLogger("wakeful.web")
_PROGRAM_PATHS = ("/api/", "/gateway/", "/metrics", "/healthz", "/readyz", "/install.sh", "/releases/")
_TITLES = {
    400: "That did not fit",
    401: "Sign in first",
    403: "Not permitted",
    404: "Nothing here",
    405: "That cannot be done here",
    413: "Too large",
    421: "Not the name of this server",
    429: "Too many tries",
    500: "Something went wrong in Wakeful",
    503: "Wakeful cannot do that now",
}
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}


class WebError(Exception):
    """A request that is not answered as asked: `status`, a `code` for programs, a `message` that says the way out."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def abort(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> NoReturn:
    """Stop answering this request as asked, and answer this instead."""
    raise WebError(status, code, message, headers)


def json_answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return `document` as JSON; numbers that are not finite become null."""
    answer = Response(msgspec.json.encode(document) + b"\n", status, content_type="application/json")
    answer.headers.update(headers or {})
    return answer


def for_program() -> bool:
    """Tell whether the request wants JSON rather than a page."""
    if request.path.startswith(_PROGRAM_PATHS):
        return request.path != "/api/docs"
    return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "application/json"


def error_answer(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the error as JSON or as a page, whichever this request wants."""
    if for_program():
        answer = json_answer({"error": code, "message": message}, status)
    else:
        title = _TITLES.get(status, "That did not work")
        page = render_template(
            "error.html", status=status, title=title, message=message, code=code, version=__version__
        )
        answer = Response(page, status, content_type="text/html; charset=utf-8")
    answer.headers.update(headers or {})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def too_large(most_bytes: int) -> str:
    """Return what is said of a body with more than so many bytes, as people read sizes."""
    return f"this is larger than {pages_text.size(most_bytes)}, the most that is taken here"


def translate(app: Flask, kind: type[Exception], status: int, code: str, message: str) -> None:
    """Answer errors of `kind` with this status; 503 says when to come again. Logged once, without traceback."""

    def answer(error: Exception) -> Response:
        _LOG.warning("%s %s: %s: %s", request.method[:16], route(), code, error)
        return error_answer(status, code, message, {"Retry-After": "5"} if status == 503 else {})

    app.register_error_handler(kind, answer)


def route() -> str:
    """Return what may be logged of the path: the rule of its route, as the path itself can hold a one-time link."""
    return "an unknown path" if request.url_rule is None else request.url_rule.rule


def register(app: Flask) -> None:
    """Make every error of `app` one of ours."""
    app.register_error_handler(WebError, _answer_ours)
    app.register_error_handler(OperationError, _answer_operation)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unknown)


def _answer_ours(error: WebError) -> Response:
    return error_answer(error.status, error.code, error.message, error.headers)


def _answer_operation(error: OperationError) -> Response:
    headers = {"Retry-After": "60"} if error.status == 429 else None
    return error_answer(error.status, error.code, error.message, headers)


def _answer_http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or 300 <= status < 400:  # a redirect is an answer, no error
        return Response(error.get_body(), status, error.get_headers())
    kept = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    code = _CODES.get(status, "bad_request" if status < 500 else "internal")
    return error_answer(status, code, _said(status, error), kept)


def _said(status: int, error: HTTPException) -> str:
    if status == 404:
        hint = "; see /api/docs for what there is" if for_program() else ""
        return f"there is nothing at {request.path[:200]}{hint}"
    if status == 405:
        return f"{request.method[:16]} cannot be used here"
    if status == 413 and request.max_content_length is not None:
        return too_large(request.max_content_length)
    return str(error.description or error.name)


def _answer_unknown(error: Exception) -> Response:
    reference = secrets.token_hex(4)
    _LOG.error("%s %s failed (reference %s)", request.method[:16], route(), reference, exc_info=error)
    message = f"the collector could not answer this; its log says why under the reference {reference}"
    return error_answer(500, "internal", message)
