"""What machines keep alive, over the API: watches of the fleet or of a host, and Pterodactyl servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.clock import rfc3339
from wakeful_collector.read import hosts, watches
from wakeful_collector.web import kit
from wakeful_collector.web.api_hosts import known_host
from wakeful_collector.web.api_shapes import (
    FLAG,
    FREE,
    HOST_ID,
    TEXT,
    TIME,
    WHOLE,
    listed,
    maybe,
    record,
    time_or_none,
)
from wakeful_collector.web.kit_endpoints import Call, Endpoint
from wakeful_collector.web.kit_parameters import Parameter, words

if TYPE_CHECKING:
    from wakeful_collector.model.host import Host
    from wakeful_collector.read.watches import HostServer, HostWatch

REVEALING_SCOPE = "operate"
"""Who holds it sees the links of shared terminals whole: whoever has one has a shell."""


def watch_document(one: HostWatch, host: Host) -> dict[str, Any]:
    """Return a watch as the API shows it; every text in it comes from a machine."""
    watch = one.watch
    return {
        "host": host.id,
        "host_name": host.name,
        "at": rfc3339(one.at_ms),
        "name": watch.name,
        "kind": watch.kind,
        "state": watch.state,
        "phase": watch.phase,
        "since": time_or_none(watch.since_ms),
        "attempts": watch.attempts,
        "of": watch.of,
        "next": time_or_none(watch.next_ms),
        "detail": watch.detail,
        "paused": watch.paused,
        "until": time_or_none(watch.until_ms),
        "dry_run": watch.dry_run,
        "flapping": watch.flapping,
        "incident": watch.incident,
        "data": watch.data,
    }


def server_document(one: HostServer, host: Host) -> dict[str, Any]:
    """Return a server as the API shows it."""
    server = one.server
    return {
        "host": host.id,
        "host_name": host.name,
        "at": rfc3339(one.at_ms),
        "watch": server.watch,
        "server": server.server,
        "name": server.name,
        "node": server.node,
        "state": server.state,
        "resources": server.resources,
        "console_tail": list(server.console_tail),
        "links": [{"kind": kind, "url": url} for kind, url in one.links],
    }


def _watches(call: Call) -> dict[str, Any]:
    return _listed_watches(call["host"])


def _watches_of_host(call: Call) -> dict[str, Any]:
    return _listed_watches(call["host_id"])


def _listed_watches(host_id: str | None) -> dict[str, Any]:
    key, known = _asked_for(host_id)
    found = watches.watches(kit.data(), key)
    return {"watches": [watch_document(one, known[one.host_key]) for one in found if one.host_key in known]}


def _servers(call: Call) -> dict[str, Any]:
    key, known = _asked_for(call["host"])
    found = watches.servers(kit.data(), call.principal.may(REVEALING_SCOPE), key)
    return {"servers": [server_document(one, known[one.host_key]) for one in found if one.host_key in known]}


def _asked_for(host_id: str | None) -> tuple[int | None, dict[int, Host]]:
    if host_id is not None:
        host = known_host(host_id)
        return host.key, {host.key: host}
    return None, {host.key: host for host in hosts.hosts(kit.data())}


_HOST = Parameter("host", words(64), "Only those of the host of this id")
_WATCH = record(
    host=TEXT,
    host_name=TEXT,
    at=TIME,
    name=TEXT,
    kind=TEXT,
    state=TEXT,
    phase=TEXT,
    since=maybe(TIME),
    attempts=WHOLE,
    of=WHOLE,
    next=maybe(TIME),
    detail=TEXT,
    paused=FLAG,
    until=maybe(TIME),
    dry_run=FLAG,
    flapping=FLAG,
    incident=TEXT,
    data=FREE,
)
_SERVER = record(
    host=TEXT,
    host_name=TEXT,
    at=TIME,
    watch=TEXT,
    server=TEXT,
    name=TEXT,
    node=TEXT,
    state=TEXT,
    resources=FREE,
    console_tail=listed(TEXT),
    links=listed(record(kind=TEXT, url=TEXT)),
)
ENDPOINTS = (
    Endpoint(
        "GET",
        "/watches",
        "watches",
        "List what the fleet keeps alive",
        _watches,
        record(watches=listed(_WATCH)),
        "watches",
        parameters=(_HOST,),
        errors=(404,),
    ),
    Endpoint(
        "GET",
        "/hosts/{host_id}/watches",
        "watchesOfHost",
        "List what a host keeps alive",
        _watches_of_host,
        record(watches=listed(_WATCH)),
        "watches",
        path_parameters=(HOST_ID,),
        errors=(404,),
    ),
    Endpoint(
        "GET",
        "/servers",
        "servers",
        "List the Pterodactyl servers that are watched",
        _servers,
        record(servers=listed(_SERVER)),
        "watches",
        parameters=(_HOST,),
        errors=(404,),
        description="Links of shared terminals are whole with the scope `operate`, and masked for everybody else.",
        secret=True,
    ),
)
