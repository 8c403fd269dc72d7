"""What people do about incidents: take one on, try a message again, say that a host may be silent."""

from __future__ import annotations

from typing import Any

from wakeful_collector.model import incident as shapes
from wakeful_collector.model.silence import ABSENCES
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError
from wakeful_collector.store import absences, agents, incidents, outbox

ID = {"type": "string", "minLength": 1, "maxLength": 160}
MINUTES_MAX = 525_600
EXPECTED = "expected"


def _acknowledge(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    found = incidents.by_id(context.connection, given["id"])
    if found is None:
        raise OperationError("unknown_incident", f"there is no incident {given['id']!r}", 404)
    if found.state == shapes.CLOSED:
        raise OperationError("incident_closed", "this incident is over; there is nothing to take on", 409)
    taken = shapes.acknowledge(found, context.principal.name, context.now_ms)
    incidents.keep(context.connection, taken)
    return {"id": taken.id, "acknowledged_ms": taken.acknowledged_ms, "acknowledged_by": taken.acknowledged_by}


def _retry(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    if outbox.by_id(context.connection, given["id"]) is None:
        raise OperationError("unknown_delivery", f"there is no delivery {given['id']!r}", 404)
    if not outbox.retry(context.connection, given["id"], context.now_ms):
        raise OperationError("not_given_up", "only what was given up, or waits, can be tried again", 409)
    return {"id": given["id"], "state": "waiting"}


def _mark(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    row = next(iter(agents.rows(context.connection, given["host"])), None)
    if row is None:
        raise OperationError("unknown_host", f"there is no host {given['host']!r}", 404)
    if given["as"] == EXPECTED:
        absences.end(context.connection, row["key"])
        return {"host": given["host"], "as": EXPECTED, "until_ms": None}
    minutes = given.get("minutes")
    until_ms = None if minutes is None else context.now_ms + round(minutes * 60_000)
    absence = absences.Absence(
        row["key"],
        given["as"],
        context.now_ms,
        until_ms,
        slept=False,
        noted_by=context.principal.name,
        reason=given.get("reason", ""),
    )
    absences.keep(context.connection, absence)
    return {"host": given["host"], "as": given["as"], "until_ms": until_ms}


MARK: dict[str, dict[str, Any]] = {
    "as": {"type": "string", "enum": [*ABSENCES, EXPECTED]},
    "minutes": {"type": ["number", "null"], "minimum": 0.1, "maximum": MINUTES_MAX},
    "reason": {"type": "string", "maxLength": 256},
}
OPERATIONS = (
    Operation(
        "incident.acknowledge",
        "Take an incident on",
        "operate",
        "changes",
        shape(("id",), id=ID),
        _acknowledge,
        subject="id",
    ),
    Operation(
        "delivery.retry",
        "Try a message again",
        "operate",
        "changes",
        shape(("id",), id=ID),
        _retry,
        subject="id",
    ),
    Operation(
        "host.mark",
        "Say that a host may be silent: maintenance, or asleep",
        "operate",
        "changes",
        shape(("host", "as"), host=ID, **MARK),
        _mark,
        subject="host",
    ),
)
