"""What pages and tools ask again and again: answered live while a machine is awake, else as it was seen last.

Such a request takes no lease and wakes nothing, else every page that polls would keep a machine up for ever.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from wakeful_collector import clock
from wakeful_collector.integrations.ollama.upstream import Died, Unreached, Upstream
from wakeful_collector.read import gateway
from wakeful_collector.store import gateway_answers, gateway_history
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_answers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PATHS = frozenset(("/", "/api/version", "/api/tags", "/api/ps", "/v1/models"))
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0
BODY_BYTES_MAX = 4 * 1024 * 1024
AGAIN_MS = 60_000
"""An answer that stays the same is written down this often; pages ask every second."""

_JSON = "application/json; charset=utf-8"
_NEVER = {
    "/": ("text/plain; charset=utf-8", b"Ollama is running"),
    "/api/version": (_JSON, b'{"version":"0.0.0"}'),
    "/api/tags": (_JSON, b'{"models":[]}'),
    "/api/ps": (_JSON, b'{"models":[]}'),
    "/v1/models": (_JSON, b'{"object":"list","data":[]}'),
}
"""What a machine is said to have answered that never did: it is there on demand, and what it holds is not known."""


class Said(NamedTuple):
    """An answer to be given; `headers` only of a live one; `at_ms` is when the machine said it, 0 for never."""

    status: int
    content_type: str
    body: bytes
    at_ms: int
    is_live: bool
    headers: tuple[tuple[str, str], ...] = ()


def is_polled(method: str, path: str) -> bool:
    """Tell whether a request is one of those that never wake a machine."""
    return method in {"GET", "HEAD"} and path in PATHS


def live(url: str, method: str, target: str, headers: Mapping[str, str], fingerprint: str = "") -> Said | None:
    """Ask the machine; None when it did not answer in time, or more than a page's worth."""
    upstream = Upstream(url, fingerprint=fingerprint)
    ending = threading.Timer(ANSWER_SECONDS, upstream.abort)  # whoever answers byte by byte is never silent
    ending.daemon = True
    try:
        upstream.connect(CONNECT_SECONDS)
        upstream.limit(ANSWER_SECONDS)
        ending.start()
        upstream.send(method, target, {**headers, "Host": upstream.host})
        answer = upstream.answer()
        body = b""
        while piece := upstream.read():
            body += piece
            if len(body) > BODY_BYTES_MAX:
                return None
        if upstream.is_aborted:  # where nobody says how long a body is, its end looks like this one
            return None
        kept = tuple(answer.headers.items())
        return Said(answer.status, answer.headers.get("Content-Type", ""), body, clock.now_ms(), True, kept)
    except (Unreached, Died):
        return None
    finally:
        ending.cancel()
        upstream.close()


def last(data: Path, machine: str, path: str, now_ms: int) -> Said:
    """Return what the machine said last at a path; of the models it had loaded, those whose time is not over."""
    found = gateway.answer(data, machine, path)
    if found is None:
        content_type, body = _NEVER[path]
        return Said(200, content_type, body, 0, False)
    body = _still_loaded(found.body, now_ms) if path == "/api/ps" else found.body
    return Said(found.status, found.content_type, body, found.at_ms, False)


def remember(data: Path, machine: str, path: str, said: Said) -> None:
    """Keep a live answer for the time the machine sleeps, if it is a good one."""
    if said.status != 200 or not said.body:
        return
    kept = gateway.answer(data, machine, path)
    is_same = kept is not None and (kept.body, kept.content_type) == (said.body, said.content_type)
    if kept is not None and is_same and said.at_ms - kept.at_ms < AGAIN_MS:
        return
    with changing_gateway(data) as connection:
        gateway_answers.keep(connection, Answer(machine, path, said.status, said.content_type, said.body, said.at_ms))


class Counts:
    """How often machines were spoken for; written down now and then, as a poll is not worth a write."""

    def __init__(self, every_seconds: float = 10.0) -> None:
        self.every_seconds = every_seconds
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._written = clock.monotonic_seconds()

    def add(self, data: Path, machine: str) -> None:
        """Count one answer."""
        with self._lock:
            self._counts[machine] = self._counts.get(machine, 0) + 1
            if clock.monotonic_seconds() - self._written < self.every_seconds:
                return
            counts, self._counts, self._written = self._counts, {}, clock.monotonic_seconds()
        with changing_gateway(data) as connection:
            for name, count in counts.items():
                gateway_history.count(connection, name, "requests", {"outcome": "seen"}, count)


def _still_loaded(body: bytes, now_ms: int) -> bytes:
    try:
        said = msgspec.json.decode(body)
        models = [model for model in said["models"] if _is_loaded(model, now_ms)]
    except (ValueError, TypeError, KeyError):
        return body
    return msgspec.json.encode({**said, "models": models})


def _is_loaded(model: dict[str, Any], now_ms: int) -> bool:
    try:
        return datetime.fromisoformat(model["expires_at"]).timestamp() * 1000 > now_ms
    except (ValueError, OverflowError):
        return True
