"""Writes what people are to be told into the outbox: one message an incident and moment, one delivery a channel."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from wakeful_collector.model import incident as shapes
from wakeful_collector.model import message
from wakeful_collector.model.channel import About, Quiet, undisturbed_until_ms, wants
from wakeful_collector.store import agents, channels, outbox

if TYPE_CHECKING:
    import sqlite3

    from wakeful_collector.model.incident import Incident
    from wakeful_collector.store.channels import Channel

log = logging.getLogger("wakeful.outbox")


def tell(connection: sqlite3.Connection, incident: Incident, moment: str, now_ms: int) -> list[str]:
    """Put the message into the outbox for every channel that wants it; return the ids of the new deliveries.

    An end makes needless what still waits of the beginning: the story is in it. The caller owns the transaction.
    """
    host_id, name, tags = _host(connection, incident)
    about = About(host_id, name, tags, incident.kind, moment)
    wanting = [one for one in channels.all_of(connection) if one.enabled and wants(one.wishes, about)]
    if moment == shapes.OVER:
        outbox.supersede(connection, incident.id, shapes.OPENED, [one.id for one in wanting], now_ms)
    if not wanting:
        return []
    message_id = f"{incident.id}.{moment}"
    document = message.document(incident, host_id, name, tags, moment)
    outbox.add(connection, message_id, incident.id, moment, document, now_ms)
    made = [
        outbox.address(connection, message_id, one.id, one.name, now_ms, _due_ms(one.wishes.quiet, now_ms))
        for one in wanting
    ]
    return [one for one in made if one is not None]


def test(connection: sqlite3.Connection, channel: Channel, test_id: str, now_ms: int) -> str:
    """Put a test of a channel into the outbox and return the delivery's id."""
    outbox.add(connection, test_id, "", shapes.TEST, message.test_document(channel.name, now_ms), now_ms)
    made = outbox.address(connection, test_id, channel.id, channel.name, now_ms, now_ms)
    return made or f"{test_id}.{channel.id}"


def _host(connection: sqlite3.Connection, incident: Incident) -> tuple[str, str, tuple[str, ...]]:
    if incident.host_key == shapes.NO_HOST:
        return "", shapes.NOBODY.get(incident.kind, ""), ()
    row = agents.row(connection, incident.host_key)
    if row is None:
        return "", "a host that was forgotten", ()
    return row["id"], row["given_name"] or row["reported_name"], tuple(json.loads(row["tags"]))


def _due_ms(quiet: Quiet | None, now_ms: int) -> int:
    try:
        return undisturbed_until_ms(quiet, now_ms)
    except ValueError as error:  # a time zone that this machine no longer knows must not swallow a message
        log.warning("the quiet hours of a channel are not understood: %s", error)
        return now_ms
