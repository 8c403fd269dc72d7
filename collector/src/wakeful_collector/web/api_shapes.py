"""Shapes of the API's answers, as JSON Schema, and how our records become them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, NoReturn

from wakeful_collector.clock import rfc3339
from wakeful_collector.model.host import Host, host_status
from wakeful_collector.web import kit
from wakeful_collector.web.kit_parameters import Parameter, whole, words

if TYPE_CHECKING:
    from wakeful_collector.read.events import EventRecord
    from wakeful_collector.read.hosts import InviteSummary
    from wakeful_collector.store.audit import Row
    from wakeful_collector.store.people import Key

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "number"}
WHOLE: Shape = {"type": "integer"}
FLAG: Shape = {"type": "boolean"}
ANY: Shape = {}
FREE: Shape = {"type": "object", "additionalProperties": True}
TIME: Shape = {"type": "string", "format": "date-time", "examples": ["2026-11-21T10:00:00Z"]}


def maybe(shape: Shape) -> Shape:
    """Return the shape of this or null."""
    return {**shape, "type": [shape["type"], "null"]}


def listed(items: Shape) -> Shape:
    """Return the shape of a list."""
    return {"type": "array", "items": items}


def record(**properties: Shape) -> Shape:
    """Return the shape of an object that has all these; more may come in later versions."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def ref(name: str) -> Shape:
    """Return a reference to one of `COMPONENTS`."""
    return {"$ref": f"#/components/schemas/{name}"}


_HOST = {
    "id": TEXT,
    "name": TEXT,
    "status": {"type": "string", "enum": ["up", "silent", "new", "conflict"]},
    "last_seen": maybe(TIME),
    "enrolled": TIME,
    "tags": listed(TEXT),
    "version": TEXT,
    "interval": NUMBER,
    "twin_of": maybe(TEXT),
    "twins": listed(TEXT),
    "live_until": maybe(TIME),
}
_METER = record(meter=TEXT, outcome=TEXT, error=TEXT, seconds=NUMBER, at=TIME)
_INVITE = {
    "id": TEXT,
    "created": TIME,
    "created_by": TEXT,
    "expires": TIME,
    "uses": WHOLE,
    "spent": WHOLE,
    "tags": listed(TEXT),
    "state": {"type": "string", "enum": ["usable", "spent", "expired", "revoked"]},
}
_KEY = {
    "id": TEXT,
    "name": TEXT,
    "scopes": listed(TEXT),
    "created": TIME,
    "created_by": TEXT,
    "expires": maybe(TIME),
    "last_used": maybe(TIME),
    "last_used_from": maybe(TEXT),
    "state": {"type": "string", "enum": ["usable", "expired", "revoked"]},
}
COMPONENTS: dict[str, Shape] = {
    "Error": record(error=TEXT, message=TEXT),
    "Host": record(**_HOST),
    "HostDetail": record(
        **_HOST,
        reported_name=TEXT,
        hello=FREE,
        capabilities=listed(FREE),
        meters=listed(_METER),
        tuning=maybe(FREE),
    ),
    "Column": record(
        name=TEXT,
        labels={"type": "object", "additionalProperties": TEXT},
        unit=TEXT,
        kind={"type": "string", "enum": ["gauge", "counter"]},
        values=listed(maybe(NUMBER)),
        min={"type": ["array", "null"], "items": maybe(NUMBER)},
        max={"type": ["array", "null"], "items": maybe(NUMBER)},
    ),
    "Sample": record(
        name=TEXT,
        labels={"type": "object", "additionalProperties": TEXT},
        unit=TEXT,
        kind={"type": "string", "enum": ["gauge", "counter"]},
        time=TIME,
        value=maybe(NUMBER),
        rate=maybe(NUMBER),
    ),
    "Event": record(host=maybe(TEXT), id=TEXT, at=TIME, received=TIME, kind=TEXT, subject=TEXT, data=FREE),
    "AuditRow": record(
        id=WHOLE,
        at=TIME,
        principal=TEXT,
        address=TEXT,
        face=TEXT,
        operation=TEXT,
        subject=TEXT,
        outcome={"type": "string", "enum": ["done", "refused", "failed"]},
        detail=FREE,
        hash=TEXT,
    ),
    "Invite": record(**_INVITE),
    "Key": record(**_KEY),
}

HOST_ID = Parameter("host_id", words(64), "The host's id", required=True)
CURSOR = Parameter(
    "cursor", words(200, r"^[A-Za-z0-9_-]+$", "give `next` of the page before"), "`next` of the page before"
)


def limit(default: int, most: int) -> Parameter:
    """Return the parameter that says how many rows a page has."""
    return Parameter("limit", whole(1, most), "How many at most", default=str(default))


def time_or_none(at_ms: int | None) -> str | None:
    """Return a time as RFC 3339, None for none."""
    return None if at_ms is None else rfc3339(at_ms)


def host_document(host: Host, now_ms: int) -> dict[str, Any]:
    """Return a host as the list shows it."""
    return {
        "id": host.id,
        "name": host.name,
        "status": host_status(host, now_ms).value,
        "last_seen": time_or_none(host.last_seen_ms),
        "enrolled": rfc3339(host.enrolled_ms),
        "tags": list(host.tags),
        "version": host.version,
        "interval": host.interval_seconds,
        "twin_of": host.twin_of,
        "twins": list(host.twins),
        "live_until": rfc3339(host.live_until_ms) if host.live_until_ms > now_ms else None,
    }


def event_document(event: EventRecord, host_id: str | None) -> dict[str, Any]:
    """Return an event; `host_id` is None when its host was forgotten."""
    return {
        "host": host_id,
        "id": event.id,
        "at": rfc3339(event.at_ms),
        "received": rfc3339(event.received_ms),
        "kind": event.kind,
        "subject": event.subject,
        "data": event.data,
    }


def audit_document(row: Row) -> dict[str, Any]:
    """Return a row of the audit trail."""
    entry = row.entry
    return {
        "id": row.id,
        "at": rfc3339(entry.at_ms),
        "principal": entry.principal,
        "address": entry.address,
        "face": entry.face,
        "operation": entry.operation,
        "subject": entry.subject,
        "outcome": entry.outcome,
        "detail": entry.detail,
        "hash": row.hash,
    }


def invite_document(invite: InviteSummary, now_ms: int) -> dict[str, Any]:
    """Return an invite without its secret."""
    state = "expired" if invite.expires_ms <= now_ms else "usable"
    if invite.spent >= invite.uses:
        state = "spent"
    if invite.revoked_ms is not None:
        state = "revoked"
    return {
        "id": invite.id,
        "created": rfc3339(invite.created_ms),
        "created_by": invite.created_by,
        "expires": rfc3339(invite.expires_ms),
        "uses": invite.uses,
        "spent": invite.spent,
        "tags": list(invite.tags),
        "state": state,
    }


def key_document(key: Key, now_ms: int) -> dict[str, Any]:
    """Return an API key without its secret."""
    state = "expired" if key.expires_ms is not None and key.expires_ms <= now_ms else "usable"
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "created": rfc3339(key.created_ms),
        "created_by": key.created_by,
        "expires": time_or_none(key.expires_ms),
        "last_used": time_or_none(key.used_ms),
        "last_used_from": key.used_from,
        "state": "revoked" if key.revoked_ms is not None else state,
    }


def to_cursor(text: str) -> str:
    """Return a cursor that says where the next page begins; opaque to whoever carries it."""
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).rstrip(b"=").decode("ascii")


def from_cursor(cursor: str) -> str:
    """Return what a cursor says; answer 400 when it is none of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode("utf-8", "surrogatepass")
    except ValueError:
        bad_cursor()


def bad_cursor() -> NoReturn:
    """Answer that a cursor is none that a page gave."""
    kit.abort(400, "invalid_parameter", "cursor is not one of ours: give `next` of the page before, or leave it out")
