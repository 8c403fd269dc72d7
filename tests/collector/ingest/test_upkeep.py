from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from wakeful_collector.ingest.upkeep import upkeep
from wakeful_collector.read import events, inventories
from wakeful_collector.store import agents, database, invites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

YEAR_MS = 365 * 86_400_000


def test_what_is_old_or_of_a_forgotten_host_goes(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    kept, forgotten = machine("kept"), machine("forgotten")
    for one in (kept, forgotten):
        one.push([], now_ms, inventories={"ports": {"hash": "h", "body": []}}, meters={"cpu": {"outcome": "ok"}})
    with closing(database.writer(data, "state")) as connection:
        agents.forget(connection, forgotten.id, now_ms)
        invites.add_invite(connection, "old", now_ms - YEAR_MS, 1, [], "", 0)
    key = kept.key
    assert upkeep(data, now_ms) > 0
    assert {event.host_key for event in events.events(data).events} == {key}
    assert [one.name for one in inventories.names(data, key)] == ["ports"]
    reader = database.reader(data, "state")
    assert agents.meter_rows(reader)[0]["host_key"] == key
    assert len(agents.meter_rows(reader)) == 1
    assert "old" not in [one.secret_hash for one in invites.invites(reader)]
    assert upkeep(data, now_ms) == 0
    assert upkeep(data, now_ms + 2 * YEAR_MS) > 0
    assert events.events(data).events == []
