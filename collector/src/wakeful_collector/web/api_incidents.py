"""What went wrong: incidents with their story, and hosts that may be silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.clock import rfc3339
from wakeful_collector.operations import incidents as operations
from wakeful_collector.read import incidents
from wakeful_collector.web import kit
from wakeful_collector.web.api_hosts import known_host
from wakeful_collector.web.api_shapes import (
    CURSOR,
    FLAG,
    HOST_ID,
    TEXT,
    TIME,
    WHOLE,
    bad_cursor,
    limit,
    listed,
    maybe,
    record,
    time_or_none,
)
from wakeful_collector.web.kit_endpoints import Call, Endpoint
from wakeful_collector.web.kit_parameters import Parameter, choice, words

if TYPE_CHECKING:
    from wakeful_collector.read.incidents import Absence, IncidentRecord


def incident_document(found: IncidentRecord) -> dict[str, Any]:
    """Return an incident with its story; `opened`, `over` and the story's times are the host's own."""
    one = found.incident
    return {
        "id": one.id,
        "host": found.host_id,
        "host_name": found.host_name,
        "kind": one.kind,
        "subject": one.subject,
        "state": found.state,
        "settling": one.state == "settling",
        "title": found.title,
        "cause": one.cause,
        "ending": one.ending,
        "opened": rfc3339(one.opened_ms),
        "over": time_or_none(one.over_ms),
        "told": time_or_none(one.told_ms),
        "acknowledged": time_or_none(one.acknowledged_ms),
        "acknowledged_by": one.acknowledged_by or None,
        "closed": time_or_none(one.over_ms or one.changed_ms) if one.state == "closed" else None,
        "falls": one.falls,
        "attempts": one.attempts,
        "late": one.late,
        "story": [{"at": rfc3339(line.at_ms), "kind": line.kind, "text": line.text} for line in one.story],
        "console": list(one.console),
    }


def absence_document(host_id: str, absence: Absence | None) -> dict[str, Any]:
    """Return why a host may be silent, or that it is expected."""
    return {
        "host": host_id,
        "as": operations.EXPECTED if absence is None else absence.kind,
        "since": None if absence is None else rfc3339(absence.since_ms),
        "until": None if absence is None else time_or_none(absence.until_ms),
        "by": None if absence is None else absence.noted_by,
        "reason": "" if absence is None else absence.reason,
    }


def _incidents(call: Call) -> dict[str, Any]:
    host_key = None if call["host"] is None else known_host(call["host"]).key
    try:
        page = incidents.incidents(kit.data(), call["state"], host_key, call["cursor"], call["limit"])
    except ValueError:
        bad_cursor()
    return {"incidents": [incident_document(one) for one in page.incidents], "next": page.next}


def _incident(call: Call) -> dict[str, Any]:
    found = incidents.incident(kit.data(), call["id"])
    if found is None:
        kit.abort(404, "unknown_incident", "there is no such incident; GET /api/v1/incidents lists them")
    return incident_document(found)


def _acknowledge(call: Call) -> dict[str, Any]:
    kit.run("incident.acknowledge", {"id": call["id"]})
    return _incident(call)


def _absence(call: Call) -> dict[str, Any]:
    host = known_host(call["host_id"])
    return absence_document(host.id, incidents.absence(kit.data(), host.key, call.now_ms))


def _mark(call: Call) -> dict[str, Any]:
    kit.run("host.mark", {"host": call["host_id"], **call.body})
    return _absence(call)


_LINE = record(at=TIME, kind=TEXT, text=TEXT)
_INCIDENT = record(
    id=TEXT,
    host=maybe(TEXT),
    host_name=TEXT,
    kind=TEXT,
    subject=TEXT,
    state={"type": "string", "enum": list(incidents.STATES)},
    settling=FLAG,
    title=TEXT,
    cause=TEXT,
    ending=TEXT,
    opened=TIME,
    over=maybe(TIME),
    told=maybe(TIME),
    acknowledged=maybe(TIME),
    acknowledged_by=maybe(TEXT),
    closed=maybe(TIME),
    falls=WHOLE,
    attempts=WHOLE,
    late=FLAG,
    story=listed(_LINE),
    console=listed(TEXT),
)
_ABSENCE = record(
    **{"host": TEXT, "as": TEXT, "since": maybe(TIME), "until": maybe(TIME), "by": maybe(TEXT), "reason": TEXT}
)
_ID = Parameter("id", words(64), "Its id, as listed", required=True)
ENDPOINTS = (
    Endpoint(
        "GET",
        "/incidents",
        "incidents",
        "List incidents, newest first",
        _incidents,
        record(incidents=listed(_INCIDENT), next=maybe(TEXT)),
        "incidents",
        parameters=(
            Parameter("state", choice(*incidents.STATES), "Only those that go on, were taken on, or are over"),
            Parameter("host", words(64), "Only those of this host"),
            limit(100, incidents.LIMIT_MAX),
            CURSOR,
        ),
        errors=(404,),
    ),
    Endpoint(
        "GET",
        "/incidents/{id}",
        "incident",
        "Show an incident with its story",
        _incident,
        _INCIDENT,
        "incidents",
        path_parameters=(_ID,),
        errors=(404,),
    ),
    Endpoint(
        "POST",
        "/incidents/{id}/acknowledge",
        "acknowledgeIncident",
        "Take an incident on",
        _acknowledge,
        _INCIDENT,
        "incidents",
        scope="operate",
        path_parameters=(_ID,),
        errors=(404, 409),
        description="Nobody else is called for it then; its end is still told to those who were told of its beginning.",
    ),
    Endpoint(
        "GET",
        "/hosts/{host_id}/mark",
        "hostMark",
        "Show whether a host may be silent",
        _absence,
        _ABSENCE,
        "incidents",
        path_parameters=(HOST_ID,),
        errors=(404,),
    ),
    Endpoint(
        "PUT",
        "/hosts/{host_id}/mark",
        "markHost",
        "Say that a host may be silent, or is expected",
        _mark,
        _ABSENCE,
        "incidents",
        scope="operate",
        path_parameters=(HOST_ID,),
        body={
            "type": "object",
            "properties": operations.MARK,
            "required": ["as"],
            "additionalProperties": False,
        },
        errors=(404,),
    ),
)
