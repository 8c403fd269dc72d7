"""Hosts: the list, one of them, and what can be changed about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from wakeful_collector.clock import rfc3339
from wakeful_collector.operations import hosts as operations
from wakeful_collector.read import hosts as read
from wakeful_collector.web import kit
from wakeful_collector.web.api_shapes import (
    COMPONENTS,
    CURSOR,
    FLAG,
    HOST_ID,
    TIME,
    from_cursor,
    host_document,
    limit,
    listed,
    maybe,
    record,
    ref,
    to_cursor,
)
from wakeful_collector.web.kit_endpoints import Call, Endpoint
from wakeful_collector.web.kit_parameters import Parameter, choice, words

if TYPE_CHECKING:
    from wakeful_collector.model.host import Host

_TEXT = {"type": "string"}
_SORTS = ("name", "-name", "status", "last_seen", "-last_seen", "enrolled", "-enrolled")
_PROBLEM_FIRST = {"conflict": 0, "silent": 1, "new": 2, "up": 3}


def known_host(host_id: str) -> Host:
    """Return the host with that id; answer 404 when there is none."""
    found = read.host(kit.data(), host_id)
    if found is None:
        _unknown(host_id)
    return found


def _hosts(call: Call) -> dict[str, Any]:
    documents = [host_document(host, call.now_ms) for host in read.hosts(kit.data())]
    found = [document for document in documents if _fits(document, call)]
    sort = call["sort"]
    found.sort(key=lambda document: _place(document, sort.lstrip("-")), reverse=sort.startswith("-"))
    start = 0
    if call["cursor"] is not None:
        last = from_cursor(call["cursor"])
        start = next((index + 1 for index, document in enumerate(found) if document["id"] == last), len(found))
    page = found[start : start + call["limit"]]
    more = start + len(page) < len(found)
    return {"hosts": page, "next": to_cursor(page[-1]["id"]) if more else None}


def _fits(document: dict[str, Any], call: Call) -> bool:
    if any(tag not in document["tags"] for tag in call["tag"]):
        return False
    if call["status"] and document["status"] not in call["status"]:
        return False
    wanted = (call["search"] or "").casefold()
    return wanted in f"{document['name']} {document['id']} {' '.join(document['tags'])}".casefold()


def _place(document: dict[str, Any], sort: str) -> tuple[Any, ...]:
    name = (document["name"].casefold(), document["id"])
    if sort == "status":
        return (_PROBLEM_FIRST[document["status"]], *name)
    return name if sort == "name" else (document[sort] or "", *name)


def _host(call: Call) -> dict[str, Any]:
    host = known_host(call["host_id"])
    capabilities = host.hello.get("capabilities")
    return {
        **host_document(host, call.now_ms),
        "reported_name": host.reported_name,
        "hello": host.hello,
        "capabilities": capabilities if isinstance(capabilities, list) else [],
        "meters": [
            {
                "meter": one.meter,
                "outcome": one.outcome,
                "error": one.error,
                "seconds": one.seconds,
                "at": rfc3339(one.at_ms),
            }
            for one in read.meters(kit.data(), host.key)
        ],
        "tuning": read.tuning(kit.data(), host.key),
    }


def _change(call: Call) -> dict[str, Any]:
    known_host(call["host_id"])
    for field, operation in (("name", "host.rename"), ("tags", "host.tag")):
        if field in call.body:
            kit.run(operation, {"host": call["host_id"], field: call.body[field]})
    return host_document(known_host(call["host_id"]), call.now_ms)


def _forget(call: Call) -> dict[str, Any]:
    return kit.run("host.forget", {"host": call["host_id"]})


def _tuning(call: Call) -> dict[str, Any]:
    return {"tuning": read.tuning(kit.data(), known_host(call["host_id"]).key)}


def _tune(call: Call) -> dict[str, Any]:
    return {"tuning": kit.run("host.tune", {"host": call["host_id"], "tuning": call.body})["tuning"]}


def _untune(call: Call) -> dict[str, Any]:
    return {"tuning": kit.run("host.tune", {"host": call["host_id"], "tuning": None})["tuning"]}


def _live(call: Call) -> dict[str, Any]:
    answer = kit.run("host.live", {"host": call["host_id"], **call.body})
    return {"live_until": rfc3339(answer["live_until_ms"])}


def _unknown(host_id: str) -> NoReturn:
    kit.abort(404, "unknown_host", f"there is no host {host_id[:64]!r}; GET /api/v1/hosts lists them")


_TUNED = record(tuning=maybe({"type": "object"}))
_TUNING_BODY = {
    "type": "object",
    "properties": {
        "enabled": FLAG,
        "interval": {"type": ["number", "null"], "minimum": 1, "maximum": 3600},
        "request": {"type": "object", "properties": {"timeout": {"type": "number", "minimum": 1, "maximum": 120}}},
        "meters": {"type": "object"},
    },
}
ENDPOINTS = (
    Endpoint(
        "GET",
        "/hosts",
        "hosts",
        "List hosts",
        _hosts,
        record(hosts=listed(ref("Host")), next=maybe(_TEXT)),
        "hosts",
        parameters=(
            Parameter("search", words(200, least=0), "Part of a name, id or tag"),
            Parameter("tag", words(64), "Only hosts with this tag; several must all be there", repeated=True),
            Parameter("status", choice(*_PROBLEM_FIRST), "Only hosts with one of these", repeated=True),
            Parameter("sort", choice(*_SORTS), "Order; `status` shows problems first", default="name"),
            limit(500, 5000),
            CURSOR,
        ),
    ),
    Endpoint(
        "GET",
        "/hosts/{host_id}",
        "host",
        "Show a host",
        _host,
        ref("HostDetail"),
        errors=(404,),
        tag="hosts",
        path_parameters=(HOST_ID,),
    ),
    Endpoint(
        "PATCH",
        "/hosts/{host_id}",
        "changeHost",
        "Give a host another name or other tags",
        _change,
        COMPONENTS["Host"],
        scope="operate",
        errors=(404,),
        description="An empty name goes back to what the machine calls itself.",
        body={
            "type": "object",
            "properties": {"name": operations.NAME, "tags": operations.TAGS},
            "additionalProperties": False,
        },
        tag="hosts",
        path_parameters=(HOST_ID,),
    ),
    Endpoint(
        "DELETE",
        "/hosts/{host_id}",
        "forgetHost",
        "Forget a host",
        _forget,
        record(host=_TEXT, forgotten=FLAG),
        scope="admin",
        errors=(404,),
        description="Its token ends at once; the machine must be enrolled again to come back.",
        tag="hosts",
        path_parameters=(HOST_ID,),
    ),
    Endpoint(
        "GET",
        "/hosts/{host_id}/tuning",
        "tuning",
        "Show a host's tuning",
        _tuning,
        _TUNED,
        errors=(404,),
        tag="hosts",
        path_parameters=(HOST_ID,),
    ),
    Endpoint(
        "PUT",
        "/hosts/{host_id}/tuning",
        "tuneHost",
        "Set what a host measures, and how often",
        _tune,
        _TUNED,
        scope="operate",
        body=_TUNING_BODY,
        errors=(404,),
        description="The agent takes it within what its own file permits, or refuses it as a whole.",
        tag="hosts",
        path_parameters=(HOST_ID,),
    ),
    Endpoint(
        "DELETE",
        "/hosts/{host_id}/tuning",
        "untuneHost",
        "Let a host measure as its own file says",
        _untune,
        _TUNED,
        scope="operate",
        errors=(404,),
        tag="hosts",
        path_parameters=(HOST_ID,),
    ),
    Endpoint(
        "POST",
        "/hosts/{host_id}/live",
        "live",
        "Sample a host every second for a while",
        _live,
        record(live_until=TIME),
        body={
            "type": "object",
            "properties": {"seconds": {"type": "integer", "minimum": 1, "maximum": operations.LIVE_SECONDS_MAX}},
            "additionalProperties": False,
        },
        errors=(404,),
        tag="hosts",
        path_parameters=(HOST_ID,),
    ),
)
