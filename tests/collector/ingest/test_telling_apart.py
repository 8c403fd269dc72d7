from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

from wakeful_collector.ingest import telling_apart
from wakeful_collector.model.twins import RunSpan
from wakeful_collector.store import agents, database

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.ingest.door import Door


def test_a_run_goes_to_a_twin_that_has_no_tick_at_its_time(pusher: Any, door: Door, data: Path, now_ms: int) -> None:
    agent = door.authenticate(f"Bearer {pusher.token}", now_ms)
    content = json.dumps(pusher.document(1, [[now_ms, [1, 2]]])).encode()
    taken: Any = door.admit(agent, content, "", now_ms, lambda _: None)
    with closing(database.writer(data, "state")) as state, closing(database.writer(data, "samples")) as store:
        first = telling_apart.tell(state, store, taken, RunSpan("run-a", 10, 20))
        store.execute("INSERT INTO runs VALUES (?, 'run-a', 0, 1, NULL, 10, 20, 5)", (first.to_key,))
        beside = telling_apart.tell(state, store, taken, RunSpan("run-b", 15, 30))
        store.execute("INSERT INTO runs VALUES (?, 'run-b', 0, 1, NULL, 15, 30, 5)", (beside.to_key,))
        after = telling_apart.tell(state, store, taken, RunSpan("run-c", 21, 40))
        assert agents.twin_keys(state, pusher.id) == [first.to_key, beside.to_key]
    assert (first.host_key, first.run) == (pusher.key, "run-a")
    assert beside.to_key != first.to_key
    assert after.to_key == first.to_key


def test_only_a_host_with_several_runs_is_looked_at(pusher: Any, door: Door, data: Path, now_ms: int) -> None:
    agent = door.authenticate(f"Bearer {pusher.token}", now_ms)
    content = json.dumps(pusher.document(1, [[now_ms, [1, 2]]])).encode()
    taken: Any = door.admit(agent, content, "", now_ms, lambda _: None)
    assert telling_apart.find(database.reader(data, "samples"), [taken, taken]) == []
