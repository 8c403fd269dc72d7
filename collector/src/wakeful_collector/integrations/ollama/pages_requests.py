"""What was asked of a machine through the gateway, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import request

from wakeful_collector.integrations.ollama import pages_words
from wakeful_collector.integrations.ollama.pages_frame import blueprint, found_machine, machine_page
from wakeful_collector.read import gateway_history
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from wakeful_collector.store.gateway_history import Request

A_PAGE = 50
NOTHING = "\N{EN DASH}"
PACE_LEAST_MS = 200
"""Below this a pace says nothing: the answer came in one piece."""


class Row(NamedTuple):
    """A request with its words."""

    request: Request
    mood: str
    words: str
    waited: str
    first: str
    took: str
    pace: str


@kit.page(blueprint, "/<name>/requests")
def machine_requests(name: str) -> kit.Answer:
    """Show what was asked of a machine, or the rows alone when the page's script asks."""
    found = found_machine(name)
    before = kit.number("before", 0, 0, 1 << 53) or None
    key = request.args.get("key", "")[:200]
    page = gateway_history.requests(kit.data(), found.name, A_PAGE, before, key or None)
    context: dict[str, Any] = {
        "requests": [row(one) for _, one in page.requests],
        "older": page.next,
        "is_first": before is None,
        "key": key,
        "nothing": NOTHING,
    }
    if kit.is_part():
        return kit.render("ollama/requests-rows.html", machine=found, **context)
    return machine_page("ollama/requests.html", found, "requests", **context)


def row(one: Request) -> Row:
    """Return a request with its words."""
    mood, words = pages_words.outcome(one.outcome)
    first = NOTHING if one.first_byte_ms is None else duration(one.first_byte_ms)
    waited = duration(one.waited_ms) if one.waited_ms >= 100 else NOTHING
    return Row(one, mood, words, waited, first, duration(one.took_ms), _pace(one))


def duration(ms: int) -> str:
    """Return a duration as `12 ms`, `1.4 s`, `82 s`, `6 min`."""
    if ms < 1_000:
        return f"{max(0, ms)} ms"
    if ms < 10_000:
        return f"{ms / 1000:.1f} s"
    return f"{ms / 1000:.0f} s" if ms < 300_000 else f"{ms / 60_000:.0f} min"


def _pace(one: Request) -> str:
    """Return the tokens a second after the first byte, empty where that says nothing."""
    busy_ms = one.took_ms - one.waited_ms - (one.first_byte_ms or 0)
    if one.completion_tokens < 2 or busy_ms < PACE_LEAST_MS:
        return ""
    return f"{one.completion_tokens * 1000 / busy_ms:.0f}"
