"""What happened: inventories as they stand, events of the machines, the audit trail of the collector."""

from __future__ import annotations

from typing import Any

from wakeful_collector.clock import rfc3339
from wakeful_collector.read import audit, events, hosts, inventories
from wakeful_collector.web import kit
from wakeful_collector.web.api_hosts import known_host
from wakeful_collector.web.api_shapes import (
    ANY,
    CURSOR,
    HOST_ID,
    TEXT,
    TIME,
    WHOLE,
    audit_document,
    bad_cursor,
    event_document,
    limit,
    listed,
    maybe,
    record,
    ref,
)
from wakeful_collector.web.kit_endpoints import Call, Endpoint
from wakeful_collector.web.kit_parameters import Parameter, words


def _inventories(call: Call) -> dict[str, Any]:
    found = inventories.names(kit.data(), known_host(call["host_id"]).key)
    return {
        "inventories": [
            {"name": one.name, "hash": one.hash, "at": rfc3339(one.at_ms), "bytes": one.size_bytes} for one in found
        ]
    }


def _inventory(call: Call) -> dict[str, Any]:
    found = inventories.body(kit.data(), known_host(call["host_id"]).key, call["inventory_name"])
    if found is None:
        kit.abort(404, "unknown_inventory", "this host has sent no such inventory")
    return {"name": found.name, "hash": found.hash, "at": rfc3339(found.at_ms), "body": found.document}


def _events_of_host(call: Call) -> dict[str, Any]:
    return _events(call, known_host(call["host_id"]).key)


def _events_of_all(call: Call) -> dict[str, Any]:
    return _events(call, None)


def _events(call: Call, host_key: int | None) -> dict[str, Any]:
    ids = {host.key: host.id for host in hosts.hosts(kit.data())}
    kind = None if call["kind"] == "*" else call["kind"]
    try:
        if call["after"] is None:
            page = events.events(kit.data(), host_key, call["cursor"], call["limit"], kind)
        else:
            page = _arrived(call, host_key, kind)
    except ValueError:
        bad_cursor()
    documents = [event_document(one, ids.get(one.host_key)) for one in page.events]
    return {"events": documents, "next": page.next, "latest": page.latest}


def _arrived(call: Call, host_key: int | None, kind: str | None) -> events.EventPage:
    if call["cursor"] is not None:
        kit.abort(400, "invalid_parameter", "cursor goes back and after goes on: give one of them")
    page = events.arrived(kit.data(), call["after"], host_key, call["limit"], kind)
    if page is None:
        kit.abort(400, "unknown_place", "after lies ahead of every event here (a restored backup?); begin without it")
    return page


def _audit(call: Call) -> dict[str, Any]:
    before = _number(call["cursor"])
    most = call["limit"]
    found = audit.rows(kit.data(), most + 1, before, call["principal"], call["subject"], call["operation"])
    more = len(found) > most
    rows = [audit_document(row) for row in found[:most]]
    return {"audit": rows, "next": str(rows[-1]["id"]) if more else None}


def _verify(_: Call) -> dict[str, Any]:
    trail = audit.verify(kit.data())
    return {"rows": trail.rows, "head": trail.head, "first_broken": trail.first_broken}


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        bad_cursor()
    return int(cursor)


_KIND = Parameter("kind", words(128), "Only events of this kind or pattern: recovery.*", default="*")
_AFTER = Parameter(
    "after",
    words(32, r"^[0-9]+$", "give `latest` of an answer before"),
    "`latest` of an answer before: only what arrived since, in that order, oldest first, late events too",
)
_EVENTS = (_KIND, limit(100, 500), CURSOR, _AFTER)
_EXACT = words(256)
_NEXT = maybe(TEXT)
_INVENTORY = {"name": TEXT, "hash": TEXT, "at": TIME}
ENDPOINTS = (
    Endpoint(
        "GET",
        "/hosts/{host_id}/inventories",
        "inventories",
        "List a host's inventories",
        _inventories,
        record(inventories=listed(record(**_INVENTORY, bytes=WHOLE))),
        "inventories",
        path_parameters=(HOST_ID,),
        errors=(404,),
    ),
    Endpoint(
        "GET",
        "/hosts/{host_id}/inventories/{inventory_name}",
        "inventory",
        "Show an inventory of a host",
        _inventory,
        record(**_INVENTORY, body=ANY),
        "inventories",
        path_parameters=(HOST_ID, Parameter("inventory_name", words(128), "Its name: processes, ports", required=True)),
        errors=(404,),
    ),
    Endpoint(
        "GET",
        "/hosts/{host_id}/events",
        "eventsOfHost",
        "List a host's events, newest first",
        _events_of_host,
        record(events=listed(ref("Event")), next=_NEXT, latest=TEXT),
        "events",
        parameters=_EVENTS,
        path_parameters=(HOST_ID,),
        errors=(404,),
    ),
    Endpoint(
        "GET",
        "/events",
        "events",
        "List events of all hosts, newest first",
        _events_of_all,
        record(events=listed(ref("Event")), next=_NEXT, latest=TEXT),
        "events",
        parameters=_EVENTS,
    ),
    Endpoint(
        "GET",
        "/audit",
        "audit",
        "List the audit trail, newest first",
        _audit,
        record(audit=listed(ref("AuditRow")), next=_NEXT),
        "audit",
        scope="admin",
        parameters=(
            Parameter("principal", _EXACT, "Only what this principal did: user:ada"),
            Parameter("subject", _EXACT, "Only what was done to this"),
            Parameter("operation", _EXACT, "Only this operation: host.forget"),
            limit(100, 1000),
            CURSOR,
        ),
        secret=True,
    ),
    Endpoint(
        "GET",
        "/audit/check",
        "checkAudit",
        "Check that nobody changed the audit trail",
        _verify,
        record(rows=WHOLE, head=TEXT, first_broken=maybe(WHOLE)),
        "audit",
        scope="admin",
        secret=True,
        description="Each row holds a hash over itself and the row before. Keep `head` elsewhere to see a cut end.",
    ),
)
