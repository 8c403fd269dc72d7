"""Who is told: channels, and what became of each message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.clock import rfc3339
from wakeful_collector.model import channel as shapes
from wakeful_collector.model.delivery import STATES
from wakeful_collector.operations import channels as operations
from wakeful_collector.read import channels, deliveries
from wakeful_collector.web import kit
from wakeful_collector.web.api_shapes import (
    CURSOR,
    FLAG,
    NUMBER,
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
    from wakeful_collector.read.channels import ChannelRecord
    from wakeful_collector.read.deliveries import Delivery


def channel_document(one: ChannelRecord) -> dict[str, Any]:
    """Return a channel without its address and secrets."""
    quiet = one.wishes.quiet
    return {
        "id": one.id,
        "name": one.name,
        "kind": one.kind,
        "service": one.service,
        "address": one.address,
        "allow_private": one.allow_private,
        "enabled": one.enabled,
        "hosts": list(one.wishes.hosts),
        "tags": list(one.wishes.tags),
        "kinds": list(one.wishes.kinds),
        "moments": list(one.wishes.moments),
        "quiet": None if quiet is None else quiet._asdict(),
        "made": rfc3339(one.made_ms),
        "made_by": one.made_by,
        "last": None if one.last is None else delivery_document(one.last),
    }


def delivery_document(one: Delivery) -> dict[str, Any]:
    """Return a delivery with its last attempts."""
    return {
        "id": one.id,
        "incident": one.incident or None,
        "moment": one.moment,
        "channel": one.channel,
        "channel_name": one.channel_name,
        "state": one.state,
        "made": rfc3339(one.made_ms),
        "due": rfc3339(one.due_ms) if one.state in {"waiting", "claimed"} else None,
        "ended": time_or_none(one.ended_ms),
        "tries": one.tries,
        "error": one.error,
        "log": [{**entry, "at": rfc3339(entry["at_ms"])} for entry in one.log],
    }


def _channels(_: Call) -> dict[str, Any]:
    return {"channels": [channel_document(one) for one in channels.channels(kit.data())]}


def _channel(call: Call) -> dict[str, Any]:
    found = channels.channel(kit.data(), call["id"])
    if found is None:
        kit.abort(404, "unknown_channel", "there is no such channel; GET /api/v1/channels lists them")
    return channel_document(found)


def _add(call: Call) -> dict[str, Any]:
    return kit.run("channel.add", call.body)


def _edit(call: Call) -> dict[str, Any]:
    return kit.run("channel.edit", {"id": call["id"], **call.body})


def _remove(call: Call) -> dict[str, Any]:
    return kit.run("channel.remove", {"id": call["id"]})


def _test(call: Call) -> dict[str, Any]:
    return kit.run("channel.test", {"id": call["id"]})


def _deliveries(call: Call) -> dict[str, Any]:
    asked = (call["state"], call["channel"], call["incident"], call["cursor"], call["limit"])
    try:
        page = deliveries.deliveries(kit.data(), *asked)
    except ValueError:
        bad_cursor()
    return {"deliveries": [delivery_document(one) for one in page.deliveries], "next": page.next}


def _delivery(call: Call) -> dict[str, Any]:
    found = deliveries.delivery(kit.data(), call["id"])
    if found is None:
        kit.abort(404, "unknown_delivery", "there is no such delivery; GET /api/v1/deliveries lists them")
    return delivery_document(found)


def _retry(call: Call) -> dict[str, Any]:
    kit.run("delivery.retry", {"id": call["id"]})
    return _delivery(call)


_ID = Parameter("id", words(64), "Its id, as listed", required=True)
_DELIVERY_ID = Parameter("id", words(160), "Its id, as listed", required=True)
_ATTEMPT = record(at=TIME, at_ms=WHOLE, outcome=TEXT, seconds=NUMBER, error=TEXT)
_DELIVERY = record(
    id=TEXT,
    incident=maybe(TEXT),
    moment=TEXT,
    channel=TEXT,
    channel_name=TEXT,
    state={"type": "string", "enum": list(STATES)},
    made=TIME,
    due=maybe(TIME),
    ended=maybe(TIME),
    tries=WHOLE,
    error=TEXT,
    log=listed(_ATTEMPT),
)
_CHANNEL = record(
    id=TEXT,
    name=TEXT,
    kind={"type": "string", "enum": list(shapes.CHANNEL_KINDS)},
    service=TEXT,
    address=TEXT,
    allow_private=FLAG,
    enabled=FLAG,
    hosts=listed(TEXT),
    tags=listed(TEXT),
    kinds=listed(TEXT),
    moments=listed(TEXT),
    quiet={"type": ["object", "null"]},
    made=TIME,
    made_by=TEXT,
    last=maybe(_DELIVERY),
)
_MADE = record(id=TEXT, name=TEXT, kind=TEXT, secret=maybe(TEXT))
_ONCE = "The secret that signs a webhook's messages is made here unless one is given; it is shown now and never again."
ENDPOINTS = (
    Endpoint(
        "GET",
        "/channels",
        "channels",
        "List channels",
        _channels,
        record(channels=listed(_CHANNEL)),
        "channels",
        scope="operate",
        secret=True,
    ),
    Endpoint(
        "POST",
        "/channels",
        "addChannel",
        "Add a channel",
        _add,
        _MADE,
        "channels",
        scope="admin",
        body=operations.CREATE,
        status=201,
        secret=True,
        errors=(409, 422),
        description=_ONCE,
    ),
    Endpoint(
        "GET",
        "/channels/{id}",
        "channel",
        "Show a channel",
        _channel,
        _CHANNEL,
        "channels",
        scope="operate",
        path_parameters=(_ID,),
        secret=True,
        errors=(404,),
    ),
    Endpoint(
        "PATCH",
        "/channels/{id}",
        "changeChannel",
        "Change a channel",
        _edit,
        _MADE,
        "channels",
        scope="admin",
        path_parameters=(_ID,),
        body={"type": "object", "properties": operations.CHANGE, "additionalProperties": False},
        secret=True,
        errors=(404, 409, 422),
        description=_ONCE,
    ),
    Endpoint(
        "DELETE",
        "/channels/{id}",
        "removeChannel",
        "Remove a channel",
        _remove,
        record(id=TEXT, removed=FLAG, dropped=WHOLE),
        "channels",
        scope="admin",
        path_parameters=(_ID,),
        errors=(404,),
    ),
    Endpoint(
        "POST",
        "/channels/{id}/test",
        "testChannel",
        "Send a test to a channel",
        _test,
        record(id=TEXT, delivery=TEXT),
        "channels",
        scope="operate",
        path_parameters=(_ID,),
        status=202,
        errors=(404,),
        description="The worker sends it within seconds; GET /api/v1/deliveries/ID says what became of it.",
    ),
    Endpoint(
        "GET",
        "/deliveries",
        "deliveries",
        "List deliveries, newest first",
        _deliveries,
        record(deliveries=listed(_DELIVERY), next=maybe(TEXT)),
        "channels",
        scope="operate",
        parameters=(
            Parameter("state", choice(*STATES), "Only those in this state; `dead` ones were given up"),
            Parameter("channel", words(64), "Only those to this channel"),
            Parameter("incident", words(64), "Only those of this incident"),
            limit(100, deliveries.LIMIT_MAX),
            CURSOR,
        ),
    ),
    Endpoint(
        "GET",
        "/deliveries/{id}",
        "delivery",
        "Show a delivery with its attempts",
        _delivery,
        _DELIVERY,
        "channels",
        scope="operate",
        path_parameters=(_DELIVERY_ID,),
        errors=(404,),
    ),
    Endpoint(
        "POST",
        "/deliveries/{id}/retry",
        "retryDelivery",
        "Try a message again",
        _retry,
        _DELIVERY,
        "channels",
        scope="operate",
        path_parameters=(_DELIVERY_ID,),
        errors=(404, 409),
    ),
)
