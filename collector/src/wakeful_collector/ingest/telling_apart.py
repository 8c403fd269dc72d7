"""Two machines under one token become two hosts: the later run gets a twin, with what it pushed so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.model.twins import RunSpan, later_twin
from wakeful_collector.store import agents, events, runs
from wakeful_wire.push import Event

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from wakeful_collector.ingest.intake import Intake


TWINS_MAX = 8
"""How many hosts one token may become; further runs go to the last of them."""


class Move(NamedTuple):
    """A run whose rows go to another host."""

    host_key: int
    run: str
    to_key: int


def find(samples: sqlite3.Connection, intakes: Iterable[Intake]) -> list[tuple[Intake, RunSpan]]:
    """Return the pushes that show that a later run of their host is another machine, each with that run."""
    found = []
    seen = set()
    for intake in intakes:
        key = (intake.host_key, intake.reading.run)
        if key in seen:
            continue
        seen.add(key)
        spans = runs.spans(samples, intake.host_key)
        later = later_twin(spans, intake.reading.run) if len(spans) > 1 else None
        if later is not None:
            found.append((intake, next(span for span in spans if span.run == later)))
    return found


def tell(state: sqlite3.Connection, samples: sqlite3.Connection, intake: Intake, span: RunSpan) -> Move:
    """Find or make the twin that a run belongs to, and note it on both hosts. Inside a transaction of state.db."""
    agent = intake.agent
    twins = agents.twin_keys(state, agent.id)
    free = (key for key in twins if key != intake.host_key and _is_free(samples, key, span))
    twin_key = next(free, twins[-1] if len(twins) >= TWINS_MAX else None)
    if twin_key is None:
        twin_key, _ = agents.add_twin(state, agent.key, intake.now_ms)
    agents.keep_twin_run(state, agent.key, span.run, twin_key)
    event = Event(f"conflict-{span.run}"[:64], intake.now_ms, "host.conflict", agent.reported_name, {"run": span.run})
    for key in (intake.host_key, twin_key):
        events.add(state, key, [event], intake.now_ms)
    return Move(intake.host_key, span.run, twin_key)


def _is_free(samples: sqlite3.Connection, host_key: int, span: RunSpan) -> bool:
    return all(other.to_ms < span.from_ms or other.from_ms > span.to_ms for other in runs.spans(samples, host_key))
