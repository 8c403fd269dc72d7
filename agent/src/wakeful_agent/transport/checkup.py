"""A look at the way to the collector, for `doctor`: is it reachable, is the token good, do the clocks agree?"""

from __future__ import annotations

import calendar
import time

from wakeful_agent.transport.http import Unreachable
from wakeful_agent.transport.link import make_client
from wakeful_agent.transport.reading import problem
from wakeful_agent.transport.sender import PUSH_PATH
from wakeful_wire import packing
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.transport.link import Way


class Finding(NamedTuple):
    """What the collector said: `reached`, whether the `token` is good, the clocks' difference, and a sentence."""

    reached: bool
    token_good: bool
    clock_ahead_seconds: float | None
    text: str


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
    except Unreachable as error:
        return Finding(False, False, None, str(error))
    finally:
        client.close()
    ahead = _ahead_seconds(response.headers.get("date"), now_ms)
    code, message = problem(response)
    if response.status in {401, 403}:
        return Finding(True, False, ahead, message or "the token is unknown or revoked")
    if response.status in {400, 422} and code:
        return Finding(True, True, ahead, "the collector knows this agent")
    return Finding(False, False, ahead, f"{way.url} answered {response.status}, which no Wakeful collector does here")


def _ahead_seconds(date: str | None, now_ms: int) -> float | None:
    try:
        told = calendar.timegm(time.strptime(date or "", "%a, %d %b %Y %H:%M:%S GMT"))
    except ValueError:
        return None
    return now_ms / 1000 - told
