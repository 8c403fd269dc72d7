"""What a push carries beside samples, into state.db: idempotent, so it may be done before the samples are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector import commands
from wakeful_collector.model.incident import LATE_MS
from wakeful_collector.outbox import noting
from wakeful_collector.store import agents, events, inventories
from wakeful_wire.push import Event

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from wakeful_collector.ingest.intake import Intake


def keep(connection: sqlite3.Connection, intake: Intake, newest_ms: Callable[[], int] = lambda: 0) -> None:
    """Write what a push says beside samples; the older of two that contradict each other loses.

    `newest_ms` answers the newest time that the host's pushes before have told of.
    """
    key, now_ms, at_ms = intake.host_key, intake.now_ms, _said_ms(intake, newest_ms)
    happened: list[Event] = []
    if intake.is_first and agents.keep_first_push(connection, key, now_ms):
        happened.append(Event("first-push", now_ms, "host.first_seen", intake.agent.reported_name, {}))
    side = intake.reading.side
    if side is not None:
        if side.hello is not None:
            happened += _hello(connection, intake, side.hello.get("name"), at_ms)
            agents.keep_hello(connection, key, side.hello, at_ms)
        if side.meters:
            agents.keep_meters(connection, key, side.meters, at_ms)
        for one in side.inventories:
            if one.has_body:
                inventories.keep(connection, key, one.name, one.hash, side.bodies[one.name], at_ms)
        happened += [event._replace(at_ms=event.at_ms or at_ms) for event in side.events]
        if side.results:
            commands.take_results(connection, key, intake.agent.id, side.results, now_ms)
    if happened:
        fresh = [one for one in events.unknown(connection, key, happened) if noting.concerns(one.kind)]
        events.add(connection, key, happened, now_ms)
        if fresh:
            # The newest push leaves first: where it had no ticks, its events tell how old the backlog behind it is.
            told_ms = max(at_ms, newest_ms(), events.newest_told_ms(connection, key, now_ms))
            noting.note(connection, key, fresh, told_ms, now_ms)


def _said_ms(intake: Intake, newest_ms: Callable[[], int]) -> int:
    """Return when the host said it, by the host's own clock as far as that is known.

    A push without ticks is as new as what the host told before, unless its events are far older: then it waited in the
    spool, and what came in between is newer.
    """
    side = intake.reading.side
    if intake.hot.to_ms is not None or side is None:
        return intake.at_ms
    known_ms = newest_ms()
    happened_ms = min(max((one.at_ms for one in side.events), default=0), intake.now_ms)
    if not known_ms:
        return intake.now_ms
    return happened_ms if 0 < happened_ms < known_ms - LATE_MS else max(known_ms, happened_ms)


def _hello(connection: sqlite3.Connection, intake: Intake, name: object, at_ms: int) -> list[Event]:
    known = agents.by_key(connection, intake.host_key)
    if known is None or known.hello_at_ms > at_ms or not isinstance(name, str) or not name:
        return []
    if known.reported_name == name:
        return []
    told = {"from": known.reported_name, "to": name}
    return [Event(f"renamed-{at_ms}", at_ms, "host.renamed", name, told)]
