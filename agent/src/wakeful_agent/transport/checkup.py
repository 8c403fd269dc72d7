"""A look at the way to the collector, for `doctor`: is it reachable, is the token good, do the clocks agree?"""

from __future__ import annotations

import calendar
import os
import time

from wakeful_agent.network.http import Unreachable
from wakeful_agent.transport.link import make_client
from wakeful_agent.transport.reading import problem
from wakeful_agent.transport.sender import PUSH_PATH
from wakeful_wire import packing
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.network.http import Client
    from wakeful_agent.transport.link import Way

LARGE_BYTES = 600_000
"""Random bytes to try the way with; as hex digits, packed, they are some 700 kB."""


class Finding(NamedTuple):
    """What the collector said: `reached`, whether the `token` is good, the clocks' difference, and a sentence."""

    reached: bool
    token_good: bool
    clock_ahead_seconds: float | None
    text: str
    size_trouble: str = ""
    """What refuses a push of the size this agent may send; empty when nothing does."""


def look(way: Way, timeout_seconds: float, now_ms: int) -> Finding:
    """Push an empty document, which a collector refuses only after it has taken the token."""
    client = make_client(way, timeout_seconds)
    headers = {
        "Authorization": f"Bearer {way.token}",
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    try:
        response = client.post(PUSH_PATH, packing.pack({}), headers)
        size = _size_taken(client, headers) if response.status in {400, 422} else ""
    except Unreachable as error:
        return Finding(False, False, None, str(error))
    finally:
        client.close()
    ahead = _ahead_seconds(response.headers.get("date"), now_ms)
    code, message = problem(response)
    if response.status in {401, 403}:
        return Finding(True, False, ahead, message or "the token is unknown or revoked")
    if response.status in {400, 422} and code:
        return Finding(True, True, ahead, "the collector knows this agent", size)
    if response.status in {429, 503} and code:
        return Finding(False, False, ahead, f"the collector takes nothing now: {message}")
    return Finding(False, False, ahead, f"{way.url} answered {response.status}, which no Wakeful collector does here")


def _size_taken(client: Client, headers: dict[str, str]) -> str:
    """Push what is nearly as large as a push may be and no valid one; a proxy refuses it by its size, or not."""
    body = packing.pack({"padding": os.urandom(LARGE_BYTES).hex()})
    try:
        response = client.post(PUSH_PATH, body, headers)
    except Unreachable as error:
        return f"a push of {len(body) // 1000} kB gets no answer: {error}"
    if problem(response)[0] or response.status in {429, 503}:
        return ""
    return f"a push of {len(body) // 1000} kB is answered {response.status} by something in between"


def _ahead_seconds(date: str | None, now_ms: int) -> float | None:
    try:
        told = calendar.timegm(time.strptime(date or "", "%a, %d %b %Y %H:%M:%S GMT"))
    except ValueError:
        return None
    return now_ms / 1000 - told
