"""Looking at a machine's service: does it answer, what has it loaded, and what it says to those who only poll.

Nothing here loads a model, extends the life of one or follows a redirect; everything is bounded in time and size.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import urllib3

from wakeful_collector import clock

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

RUNNING = "/api/ps"
POLLED = ("/", "/api/version", "/api/tags", "/v1/models", RUNNING)
"""What may be answered from what was seen last; `/` tells whether the service is there."""
HEALTH = "/health"
"""Where servers that are no Ollama and have nothing at `/` (llama.cpp, vLLM) say 503 while their model loads."""
LAST_SECONDS = 0.5
BODY_BYTES_MAX = 4_194_304
FOR_EVER_YEARS = 50
"""How far away the end of a model's life is that is to be kept for ever; Ollama says some 290 years."""
_CHUNK_BYTES = 65_536


class Seen(NamedTuple):
    """What a service answered to a GET."""

    path: str
    status: int
    content_type: str
    body: bytes


class Loaded(NamedTuple):
    """A model in a service's memory; `until_ms` is None where it says no end, or none that can be read."""

    name: str
    until_ms: int | None
    for_ever: bool = False


class Unanswered(Exception):
    """The service did not answer; the text says why, for people."""


class _Model(msgspec.Struct):
    name: str = ""
    model: str = ""
    expires_at: str = ""


class _Running(msgspec.Struct):
    models: list[_Model] | None = None


def get(url: str, path: str, key: str, timeout_seconds: float) -> Seen:
    """Ask the service at `url` for one path; `key` is the upstream's own bearer token, empty where it wants none.

    Raises:
        Unanswered: nobody listens, it takes longer than that in all, or it speaks no HTTP.
    """
    headers = {"Accept": "application/json, text/plain", "Accept-Encoding": "identity", "User-Agent": "wakeful-gateway"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    deadline = clock.monotonic_seconds() + timeout_seconds
    timeout = urllib3.Timeout(total=timeout_seconds)
    try:
        with urllib3.PoolManager(num_pools=1, retries=False, timeout=timeout) as pool:
            answer = pool.request("GET", url.rstrip("/") + path, headers=headers, redirect=False, preload_content=False)
            try:
                body = _read(answer, deadline)
            finally:
                answer.close()
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise Unanswered(_why(error)) from None
    return Seen(path, answer.status, answer.headers.get("Content-Type", ""), body)


def is_up(url: str, key: str, timeout_seconds: float) -> str:
    """Return why the service is not up; nothing when it is: whatever is no failure of a server or of one before it."""
    began = clock.monotonic_seconds()
    try:
        seen = get(url, POLLED[0], key, timeout_seconds)
        if seen.status == HTTPStatus.NOT_FOUND:
            left_seconds = began + timeout_seconds - clock.monotonic_seconds()
            seen = get(url, HEALTH, key, max(left_seconds, LAST_SECONDS))
    except Unanswered as error:
        return str(error)
    return f"it answers {seen.status}" if seen.status >= HTTPStatus.INTERNAL_SERVER_ERROR else ""


def loaded(body: bytes, now_ms: int) -> tuple[Loaded, ...]:
    """Return the models that `/api/ps` tells of and whose life has not ended; raise ValueError where it tells of none.

    Source: the answer of Ollama's `GET /api/ps`, whose times are RFC 3339 with nanoseconds.
    """
    try:
        told = msgspec.json.decode(body, type=_Running)
    except msgspec.MsgspecError:
        raise ValueError("no list of models") from None
    if told.models is None:
        raise ValueError("no list of models")
    found = [_loaded(one, now_ms) for one in told.models]
    return tuple(one for one in found if one.until_ms is None or one.until_ms > now_ms)


def _loaded(model: _Model, now_ms: int) -> Loaded:
    name = "".join(character if character.isprintable() else "?" for character in model.name or model.model)[:128]
    try:
        until = datetime.fromisoformat(model.expires_at)
        until_ms = round(until.timestamp() * 1000) if until.tzinfo else None
    except (ValueError, OverflowError):
        until_ms = None
    far = until_ms is not None and until_ms - now_ms > FOR_EVER_YEARS * 365 * 86_400_000
    return Loaded(name, until_ms, far)


def _read(answer: BaseHTTPResponse, deadline: float) -> bytes:
    body = bytearray()
    for piece in answer.stream(_CHUNK_BYTES):
        body += piece
        if len(body) > BODY_BYTES_MAX:
            raise ValueError(f"it answers more than {BODY_BYTES_MAX} bytes")
        if clock.monotonic_seconds() > deadline:
            raise TimeoutError
    return bytes(body)


def _why(error: Exception) -> str:
    if isinstance(error, urllib3.exceptions.NameResolutionError):  # both are kinds of a TimeoutError there
        return "its name cannot be looked up"
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        cause = error.__cause__ or error.__context__
        return getattr(cause, "strerror", None) or "nobody takes the connection"
    if isinstance(error, (urllib3.exceptions.TimeoutError, TimeoutError)):
        return "it does not answer in time"
    if isinstance(error, urllib3.exceptions.SSLError):
        return f"its certificate is not trusted: {str(error)[:200]}"
    if isinstance(error, ValueError) and not isinstance(error, urllib3.exceptions.HTTPError):
        return str(error)[:200]
    return "it does not speak HTTP, or broke off"
