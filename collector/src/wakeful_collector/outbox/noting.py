"""Events become incidents, in the transaction that keeps the events; what needs people at once goes into the outbox."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from wakeful_collector.model import incident as shapes
from wakeful_collector.model.incident import Circumstances, Told
from wakeful_collector.outbox import telling
from wakeful_collector.store import absences, events, incidents
from wakeful_wire.push import Event

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from wakeful_collector.model.incident import Incident

_HOUR_MS = 3_600_000


def concerns(kind: str) -> bool:
    """Tell whether events of this kind make incidents."""
    return kind in shapes.EVENTS


def new_id() -> str:
    """Return the id of a new incident."""
    return f"inc_{secrets.token_hex(8)}"


def note(
    connection: sqlite3.Connection, host_key: int, news: Iterable[Event], newest_ms: int, now_ms: int
) -> list[str]:
    """Bring a host's incidents up to this news, none of them noted before; return the ids of those that changed.

    `newest_ms` is the newest time the host has told of: an event long before it is backlog, and pages nobody. The
    host's own time is what is compared, so that a wrong clock silences no host.
    """
    changed = []
    for event in sorted((one for one in news if concerns(one.kind)), key=lambda one: one.at_ms):
        is_late = newest_ms - event.at_ms > shapes.LATE_MS
        told = Told(event.at_ms, event.kind, event.subject, event.data, is_late)
        known = incidents.of_thing(connection, host_key, told.about, event.subject[:256], told.reference)
        is_past = any(one.state != shapes.CLOSED for one in known)
        current = shapes.select(known, told)
        found = shapes.hear(current, told, now_ms, host_key, new_id(), is_past)
        if found is None or (current is None and is_crowded(connection, host_key)):
            continue
        muted = is_muted(connection, found, now_ms)
        judged, moment = shapes.judge(found, now_ms, None, Circumstances(muted))
        incidents.keep(connection, judged)
        if moment is not None:
            telling.tell(connection, judged, moment, now_ms)
        changed.append(judged.id)
    return changed


def keep(connection: sqlite3.Connection, one: Incident, now_ms: int) -> None:
    """Write the incident of a room's thing as it is now, and the event that its newest line tells."""
    incidents.keep(connection, one)
    line = one.story[-1]
    told = {"incident": one.id, "detail": line.text}
    events.add(connection, one.host_key, [Event(f"{one.id}-{now_ms}", now_ms, line.kind, one.subject, told)], now_ms)


def is_crowded(connection: sqlite3.Connection, host_key: int) -> bool:
    """Tell whether so much goes on with a host that it may not begin anything new."""
    return incidents.crowd(connection, host_key, 0)[0] >= shapes.GOING_ON_MAX


def is_muted(connection: sqlite3.Connection, one: Incident, now_ms: int) -> bool:
    """Tell whether nobody is to be called: the host may be silent, or called too often within the hour.

    A machine of the gateway that sleeps is silent by design; that it does not wake is told nevertheless.
    """
    if one.kind not in shapes.OF_ROOMS and absences.of(connection, one.host_key, now_ms) is not None:
        return True
    return incidents.crowd(connection, one.host_key, now_ms - _HOUR_MS)[1] >= shapes.TOLD_AN_HOUR_MAX
