"""What of the machines needs a look: the problems that the fleet's page shows, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.read import fleet
from wakeful_collector.web import kit
from wakeful_collector.web.api_hosts import known_host
from wakeful_collector.web.api_shapes import TEXT, listed, record
from wakeful_collector.web.kit_endpoints import Call, Endpoint
from wakeful_collector.web.kit_parameters import Parameter, words

if TYPE_CHECKING:
    from wakeful_collector.read.fleet import FleetRow


def _troubles(call: Call) -> dict[str, Any]:
    data = kit.data()
    if call["host"] is None:
        rows = sorted(fleet.fleet(data, call.now_ms), key=lambda row: row.host.key)
    else:
        rows = [fleet.one(data, known_host(call["host"]), call.now_ms)]
    return {"troubles": [one for row in rows for one in _of(row)]}


def _of(row: FleetRow) -> list[dict[str, Any]]:
    return [
        {
            "host": row.host.id,
            "host_name": row.host.name,
            "severity": one.severity,
            "kind": one.kind,
            "text": one.text,
            "metric": one.metric,
        }
        for one in fleet.needs(row)
    ]


_SEVERITY = {"type": "string", "enum": ["bad", "warn"]}
ENDPOINTS = (
    Endpoint(
        "GET",
        "/troubles",
        "troubles",
        "List what needs a look, the bad of each host first",
        _troubles,
        record(
            troubles=listed(
                record(host=TEXT, host_name=TEXT, severity=_SEVERITY, kind=TEXT, text=TEXT, metric=TEXT),
            )
        ),
        "hosts",
        parameters=(Parameter("host", words(64), "Only of the host with this id"),),
        errors=(404,),
        description="As the fleet's page shows them; a silent host has none but its silence.",
    ),
)
