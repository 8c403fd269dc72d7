"""Questions about what went through the gateway: requests, counters, the timeline of wakes and sleeps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from wakeful_collector.store import database, gateway_states
from wakeful_collector.store import gateway_history as table

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.gateway_history import Request, Total
    from wakeful_collector.store.gateway_states import Turn

LIMIT_MAX = 500
FIRST_BYTE_BUCKETS = table.FIRST_BYTE_BUCKETS
UP = frozenset({"awake", "draining", "stopping"})
"""The states in which a machine is on."""


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Some requests with their numbers, newest first, and the number below which the next page begins."""

    requests: list[tuple[int, Request]]
    next: int | None


def requests(
    data: Path, machine: str | None = None, limit: int = 100, before: int | None = None, key: str | None = None
) -> RequestPage:
    """Return the newest requests (of one machine, of one principal)."""
    limit = max(1, min(limit, LIMIT_MAX))
    with database.translated():
        found = table.page(database.reader(data, "gateway"), machine, key, before, limit + 1)
    return RequestPage(found[:limit], found[limit - 1][0] if len(found) > limit else None)


def totals(data: Path) -> list[Total]:
    """Return every counter of every machine."""
    with database.translated():
        return table.totals(database.reader(data, "gateway"))


def served(data: Path, machine: str) -> float:
    """Return how many requests came for a machine itself so far."""
    with database.translated():
        return table.served(database.reader(data, "gateway"), machine)


def turns(data: Path, machine: str, since_ms: int, limit: int = LIMIT_MAX) -> list[Turn]:
    """Return the newest turns of a machine since then, newest first."""
    with database.translated():
        return gateway_states.turns(database.reader(data, "gateway"), machine, since_ms, limit)


def awake_seconds(data: Path, machine: str, since_ms: int, now_ms: int) -> float:
    """Return how long a machine was on between then and now, by its timeline."""
    with database.translated():
        connection = database.reader(data, "gateway")
        inside = gateway_states.turns(connection, machine, since_ms, gateway_states.TURNS_MAX)[::-1]
        before = gateway_states.turn_before(connection, machine, since_ms)
        known = gateway_states.of(connection, machine)
    if before is not None:
        first = before.state
    elif inside:
        first = inside[0].was
    else:
        first = "" if known is None else known.state
    turned = [(turn.at_ms, turn.state) for turn in inside if turn.at_ms < now_ms]
    marks = [(since_ms, first), *turned, (max(since_ms, now_ms), "")]
    return sum(upto - at for (at, state), (upto, _) in pairwise(marks) if state in UP) / 1000
