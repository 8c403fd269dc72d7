"""What a push carries beside samples, into state.db: idempotent, so it may be done before the samples are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector import commands
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
    key, at_ms, now_ms = intake.host_key, intake.at_ms, intake.now_ms
    happened: list[Event] = []
    if intake.is_first and agents.keep_first_push(connection, key, now_ms):
        happened.append(Event("first-push", now_ms, "host.first_seen", intake.agent.reported_name, {}))
    side = intake.reading.side
    if side is not None:
        if side.hello is not None:
            happened += _hello(connection, intake, side.hello.get("name"))
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
            noting.note(connection, key, fresh, max(at_ms, newest_ms()), now_ms)


def _hello(connection: sqlite3.Connection, intake: Intake, name: object) -> list[Event]:
    known = agents.by_key(connection, intake.host_key)
    if known is None or known.hello_at_ms > intake.at_ms or not isinstance(name, str) or not name:
        return []
    if known.reported_name == name:
        return []
    told = {"from": known.reported_name, "to": name}
    return [Event(f"renamed-{intake.at_ms}", intake.at_ms, "host.renamed", name, told)]
