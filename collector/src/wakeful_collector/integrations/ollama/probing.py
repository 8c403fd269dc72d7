"""Looking at a machine's service: does it answer, what has it loaded, and what it says to those who only poll.

Nothing here loads a model, extends the life of one or follows a redirect; everything is bounded in time and size.
"""

from __future__ import annotations

import ssl
import threading
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

import msgspec
import urllib3

from wakeful_collector import clock
from wakeful_collector.integrations.ollama.upstream import Died, Unreached, Upstream

RUNNING = "/api/ps"
POLLED = ("/", "/api/version", "/api/tags", "/v1/models", RUNNING)
"""What may be answered from what was seen last; `/` tells whether the service is there."""
HEALTH = "/health"
"""Where servers that are no Ollama and have nothing at `/` (llama.cpp, vLLM) say 503 while their model loads."""
LAST_SECONDS = 0.5
BODY_BYTES_MAX = 4_194_304
FOR_EVER_YEARS = 50
"""How far away the end of a model's life is that is to be kept for ever; Ollama says some 290 years."""
_LATE = "it does not answer in time"


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


def get(url: str, path: str, key: str, timeout_seconds: float, fingerprint: str = "") -> Seen:
    """Ask the service at `url` for one path; `key` is the upstream's own bearer token, empty where it wants none.

    Raises:
        Unanswered: nobody listens, it takes longer than that in all, or it speaks no HTTP.
    """
    headers = {"Accept": "application/json, text/plain", "Accept-Encoding": "identity", "User-Agent": "wakeful-gateway"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    upstream = Upstream(url.rstrip("/"), fingerprint=fingerprint)
    # A time limit of the socket's is one for each byte; this one is for all of them.
    timer = threading.Timer(timeout_seconds, upstream.abort)
    timer.daemon = True
    timer.start()
    try:
        upstream.connect(timeout_seconds)
        upstream.send("GET", path, headers)
        answer = upstream.answer()
        body = _read(upstream)
    except (Unreached, Died, ValueError) as error:
        raise Unanswered(_LATE if upstream.is_aborted else _why(error.__cause__ or error)) from None
    finally:
        timer.cancel()
        upstream.close()
    if upstream.is_aborted:
        raise Unanswered(_LATE)
    return Seen(path, answer.status, answer.headers.get("Content-Type", ""), body)


def is_up(url: str, key: str, timeout_seconds: float, fingerprint: str = "") -> str:
    """Return why the service is not up; nothing when it is: whatever is no failure of a server or of one before it."""
    began = clock.monotonic_seconds()
    try:
        seen = get(url, POLLED[0], key, timeout_seconds, fingerprint)
        if seen.status == HTTPStatus.NOT_FOUND:
            left_seconds = began + timeout_seconds - clock.monotonic_seconds()
            seen = get(url, HEALTH, key, max(left_seconds, LAST_SECONDS), fingerprint)
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


def _read(upstream: Upstream) -> bytes:
    body = bytearray()
    while piece := upstream.read():
        body += piece
        if len(body) > BODY_BYTES_MAX:
            raise ValueError(f"it answers more than {BODY_BYTES_MAX} bytes")
    return bytes(body)


def _untrusted(error: BaseException) -> str:
    """Return the reason without OpenSSL's address of the source line, or that another certificate is pinned."""
    said = str(error)
    if "Fingerprints did not match" in said:
        shown = said.partition('got "')[2].rstrip('"')
        return f"it shows sha256:{shown}, which is not the one that is pinned (setting fingerprint)"
    return f"{said[:200]}; if it is its own, pin it by the setting fingerprint"


def _why(error: BaseException) -> str:
    if isinstance(error, urllib3.exceptions.NameResolutionError):  # both are kinds of a TimeoutError there
        return "its name cannot be looked up"
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        cause = error.__cause__ or error.__context__
        return getattr(cause, "strerror", None) or "nobody takes the connection"
    if isinstance(error, (urllib3.exceptions.TimeoutError, TimeoutError)):
        return _LATE
    if isinstance(error, (urllib3.exceptions.SSLError, ssl.SSLError)):
        return f"its certificate is not trusted: {_untrusted(error)}"
    if isinstance(error, Unreached) or (
        isinstance(error, ValueError) and not isinstance(error, urllib3.exceptions.HTTPError)
    ):
        return str(error)[:200]
    return "it does not speak HTTP, or broke off"
