"""What of the machines needs a look: the problems that the fleet's page shows, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.model.host import HostStatus, host_status
from wakeful_collector.read import hosts as read_hosts
from wakeful_collector.read import troubles as read
from wakeful_collector.web import kit
from wakeful_collector.web.api_hosts import known_host
from wakeful_collector.web.api_shapes import TEXT, listed, record
from wakeful_collector.web.kit_endpoints import Call, Endpoint
from wakeful_collector.web.kit_parameters import Parameter, words

if TYPE_CHECKING:
    from wakeful_collector.model.host import Host
    from wakeful_collector.model.trouble import Trouble


def _troubles(call: Call) -> dict[str, Any]:
    chosen = read_hosts.hosts(kit.data()) if call["host"] is None else [known_host(call["host"])]
    key = chosen[0].key if call["host"] is not None else None
    found = read.troubles(kit.data(), key)
    # What a silent machine said last is no news: its silence is.
    heard = [host for host in chosen if host_status(host, call.now_ms) is not HostStatus.SILENT]
    return {"troubles": [one for host in heard for one in _of(host, found)]}


def _of(host: Host, found: dict[int, list[Trouble]]) -> list[dict[str, Any]]:
    return [
        {
            "host": host.id,
            "host_name": host.name,
            "severity": one.severity,
            "kind": one.kind,
            "text": one.text,
            "metric": one.metric,
        }
        for one in found.get(host.key, [])
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
