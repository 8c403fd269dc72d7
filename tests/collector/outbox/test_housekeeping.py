"""Old incidents and deliveries go, and what belonged to hosts that were forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.outbox import housekeeping, noting
from wakeful_collector.read import deliveries, incidents
from wakeful_collector.store import agents, outbox
from wakeful_collector.store.changes import changing
from wakeful_wire.push import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_what_is_old_and_what_was_forgotten_goes(
    data: Path, machine: Callable[..., Any], channel: Callable[..., Any], now_ms: int
) -> None:
    channel("http://127.0.0.1:1/")
    web = machine("web-1")
    with changing(data) as connection:
        event = Event("1", now_ms, "recovery.given_up", "survival", {"incident": "a1", "attempts": 5})
        [incident] = noting.note(connection, web.key, [event], now_ms, now_ms)
        outbox.supersede(connection, incident, "opened", ["ch_1"], now_ms)
    assert housekeeping.prune(data, now_ms + 29 * 86_400_000) == 0
    assert housekeeping.prune(data, now_ms + 31 * 86_400_000) == 2
    assert deliveries.deliveries(data).deliveries == []
    with changing(data) as connection:
        agents.forget(connection, web.id, now_ms)
    assert housekeeping.prune(data, now_ms) == 1
    assert incidents.incidents(data).incidents == []
