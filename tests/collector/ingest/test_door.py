from __future__ import annotations

import json
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.ingest import door as door_module
from wakeful_collector.read import events, hosts, inventories, series, traffic
from wakeful_collector.store import agents, database
from wakeful_wire.tuning import tuning_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.ingest.door import Door


def _stored(data: Path) -> int:
    return int(database.reader(data, "samples").execute("SELECT count(*) FROM hot").fetchone()[0])


def test_a_push_is_durable_when_it_is_answered_and_stored_once(pusher: Any, data: Path, now_ms: int) -> None:
    push = pusher.document(1, [[now_ms, [0.25, None]]])
    assert pusher.send(push, now_ms)[:2] == (200, b'{"sequence":1}')
    assert pusher.send(push, now_ms).status == 200
    assert _stored(data) == 2
    answer = series.series(data, pusher.key, ["system.cpu.*"], now_ms - 1_000, now_ms + 1_000, 10)
    assert [value for value in answer.columns[0].values if value is not None] == [0.25]


def test_other_content_under_the_same_sequence_is_a_conflict(pusher: Any, data: Path, now_ms: int) -> None:
    assert pusher.send(pusher.document(1, [[now_ms, [1, 2]]]), now_ms).status == 200
    reply = pusher.send(pusher.document(1, [[now_ms, [1, 3]]]), now_ms)
    assert (reply.status, reply.code) == (422, "sequence_conflict")
    assert _stored(data) == 2


def test_a_push_sent_again_with_its_series_is_no_conflict(pusher: Any, data: Path, now_ms: int) -> None:
    push = pusher.document(1, [[now_ms, [1, 2]]])
    assert pusher.send(push, now_ms).status == 200
    again = {**push, "series": pusher.series, "hello": {"name": "web-1"}}
    assert pusher.send(again, now_ms).status == 200
    assert _stored(data) == 2


def test_the_series_list_is_asked_for_once(pusher: Any, now_ms: int) -> None:
    pusher.series = [["hw.power", {"chip": "c", "sensor": "s"}]]
    push = pusher.document(1, [[now_ms, [7]]])
    assert pusher.send(push, now_ms)[::3] == (409, "unknown_schema")
    assert pusher.send({**push, "series": pusher.series}, now_ms).status == 200
    assert pusher.send(pusher.document(2, [[now_ms + 1, [8]]]), now_ms).status == 200


def test_a_schema_that_was_pruned_meanwhile_is_asked_for_again(pusher: Any, data: Path, now_ms: int) -> None:
    pusher.send(pusher.document(1, [[now_ms, [1, 2]]]), now_ms)
    with closing(database.writer(data, "samples")) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("DELETE FROM schemas")
    assert pusher.send(pusher.document(2, [[now_ms + 1, [1, 2]]]), now_ms).code == "unknown_schema"


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic abc", "Bearer wk_agt_x", "Bearer " + "x" * 999]
)
def test_nobody_pushes_without_a_token_that_is_known(door: Door, now_ms: int, authorization: str) -> None:
    reply = door.authenticate(authorization, now_ms)
    assert (reply.status, json.loads(reply.body)["error"]) == (401, "unknown_token")


def test_a_forgotten_host_is_turned_away_at_once(pusher: Any, door: Door, data: Path, now_ms: int) -> None:
    assert isinstance(door.authenticate(f"Bearer {pusher.token}", now_ms), agents.Agent)
    with closing(database.writer(data, "state")) as connection:
        assert agents.forget(connection, pusher.id, now_ms)
    assert door.authenticate(f"Bearer {pusher.token}", now_ms).status == 401


def test_who_pushes_too_often_is_told_when_to_come_again(pusher: Any, door: Door, now_ms: int) -> None:
    door.pushes.burst = 3
    door.pushes._buckets.clear()
    replies = [door.authenticate(f"Bearer {pusher.token}", now_ms) for _ in range(4)]
    assert [isinstance(reply, agents.Agent) for reply in replies] == [True, True, True, False]
    assert replies[3][:1] + replies[3][2:] == (429, 1, "too_often")
    assert isinstance(door.authenticate(f"Bearer {pusher.token}", now_ms + 1_000), agents.Agent)


def test_the_configuration_is_sent_until_the_agent_has_or_refused_it(pusher: Any, data: Path, now_ms: int) -> None:
    wanted = {"interval": 30}
    with closing(database.writer(data, "state")) as connection:
        agents.set_tuning(connection, pusher.id, wanted)
    reply = pusher.send(pusher.document(1, [[now_ms, [1, 2]]]), now_ms)
    assert json.loads(reply.body) == {"sequence": 1, "config": wanted}
    hello = {"name": "web-1", "config": {"hash": tuning_hash(wanted), "refused": None}}
    reply = pusher.send(pusher.document(2, [[now_ms + 1, [1, 2]]], hello=hello), now_ms)
    assert json.loads(reply.body) == {"sequence": 2}
    assert json.loads(pusher.send(pusher.document(3, [[now_ms + 2, [1, 2]]]), now_ms).body) == {"sequence": 3}
    with closing(database.writer(data, "state")) as connection:
        agents.set_tuning(connection, pusher.id, None)
    reply = pusher.send(pusher.document(4, [[now_ms + 3, [1, 2]]]), now_ms)
    assert json.loads(reply.body) == {"sequence": 4, "config": {}}


def test_live_is_told_until_it_is_over(pusher: Any, data: Path, now_ms: int) -> None:
    with closing(database.writer(data, "state")) as connection:
        agents.set_live(connection, pusher.id, now_ms + 500)
    reply = pusher.send(pusher.document(1, [[now_ms, [1, 2]]]), now_ms)
    assert json.loads(reply.body) == {"sequence": 1, "live": now_ms + 500}
    assert json.loads(pusher.send(pusher.document(2, [[now_ms + 1, [1, 2]]]), now_ms + 500).body) == {"sequence": 2}


def test_what_the_collector_lacks_is_asked_for(machine: Callable[..., Any], pusher: Any, now_ms: int) -> None:
    other = machine("other")
    pusher.token, pusher.key = other.token, other.key
    named = {"packages": {"hash": "h1"}, "ports": {"hash": "h2", "body": []}}
    reply = pusher.send(pusher.document(1, [[now_ms, [1, 2]]], inventories=named), now_ms)
    assert json.loads(reply.body)["want"] == ["hello", "inventory:packages"]
    reply = pusher.send(
        pusher.document(2, [[now_ms + 1, [1, 2]]], inventories={"ports": {"hash": "h2"}}, hello={}), now_ms
    )
    assert "want" not in json.loads(reply.body)


def test_everything_beside_samples_is_kept(pusher: Any, data: Path, now_ms: int) -> None:
    more = {
        "meters": {"smart": {"outcome": "failed", "error": "no rights", "seconds": 0.5}},
        "inventories": {"packages": {"hash": "h1", "body": {"a": "1"}}},
        "events": [{"id": "e1", "at": now_ms - 5, "kind": "agent.started", "subject": "s", "data": {"x": 1}}],
        "results": [{"command": "c1", "state": "done", "data": {"y": 2}}],
        "hello": {"name": "<b>web</b>", "version": "2"},
    }
    push = pusher.document(1, [[now_ms, [1, 2]]], **more)
    for _ in range(2):
        assert pusher.send(push, now_ms).status == 200
    host = hosts.host(data, pusher.id)
    assert host is not None
    assert (host.name, host.version, host.last_seen_ms) == ("<b>web</b>", "2", now_ms)
    assert [one.error for one in hosts.meters(data, pusher.key)] == ["no rights"]
    kept = inventories.body(data, pusher.key, "packages")
    assert kept is not None
    assert (kept.hash, kept.document) == ("h1", {"a": "1"})
    kinds = [(one.kind, one.subject) for one in events.events(data, pusher.key).events]
    assert sorted(kinds) == [
        ("agent.started", "s"),
        ("host.enrolled", "web-1"),
        ("host.first_seen", "web-1"),
        ("host.renamed", "<b>web</b>"),
    ]


def test_two_machines_with_one_token_become_two_hosts(pusher: Any, data: Path, now_ms: int) -> None:
    sequence = 1
    for step in range(1, 7):
        for run, offset in (("run-00001", 0), ("run-clone", 200)):
            if run == "run-clone" and step < 2:
                continue
            push = pusher.document(sequence, [[now_ms + step * 1_000 + offset, [step, offset]]])
            assert pusher.send({**push, "run": run}, now_ms + step * 1_000).status == 200
            sequence += 1
    original, twin = hosts.hosts(data)
    assert (twin.id, twin.twin_of, original.twins) == (f"{original.id}-2", original.id, (twin.id,))
    rows = database.reader(data, "samples").execute("SELECT host, run, count(*) FROM hot GROUP BY host, run").fetchall()
    assert sorted(map(tuple, rows)) == [(original.key, "run-00001", 7), (twin.key, "run-clone", 5)]
    for key in (original.key, twin.key):
        assert "host.conflict" in [one.kind for one in events.events(data, key).events]


def test_a_restarted_clone_returns_to_its_twin(pusher: Any, data: Path, now_ms: int) -> None:
    def interleave(start: int, clone: str) -> None:
        for step in range(start, start + 6):
            for run, offset in (("run-00001", 0), (clone, 200)):
                sequence = step * 10 + offset
                push = pusher.document(sequence, [[now_ms + step * 1_000 + offset, [1, 2]]])
                assert pusher.send({**push, "run": run}, now_ms + step * 1_000).status == 200

    interleave(1, "run-clone")
    interleave(20, "run-again")
    assert len(hosts.hosts(data)) == 2


def test_one_token_becomes_a_bounded_number_of_hosts(
    pusher: Any, data: Path, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wakeful_collector.ingest import telling_apart

    monkeypatch.setattr(telling_apart, "TWINS_MAX", 2)
    for step in range(1, 6):
        for number in range(6):
            time_ms = now_ms + step * 1_000 + number
            push = pusher.document(step * 10, [[time_ms, [1, 2]]])
            assert pusher.send({**push, "run": f"run-0000{number}"}, now_ms + step * 1_000).status == 200
    assert len(hosts.hosts(data)) == 3


def test_pushes_that_arrive_together_are_all_answered(pusher: Any, data: Path, now_ms: int) -> None:
    replies = []

    def push(sequence: int) -> None:
        replies.append(pusher.send(pusher.document(sequence, [[now_ms + sequence, [1, 2]]]), now_ms).status)

    threads = [threading.Thread(target=push, args=(sequence,)) for sequence in range(1, 41)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [200] * 40
    assert _stored(data) == 41


def test_what_was_done_is_counted(pusher: Any, door: Door, data: Path, now_ms: int) -> None:
    pusher.send(pusher.document(1, [[now_ms, [1, 2]]]), now_ms)
    pusher.send(pusher.document(1, [[now_ms, [1, 2]]]), now_ms)
    pusher.send_bytes(b"no gzip at all", "gzip", now_ms)
    pusher.send(pusher.document(2, [[now_ms + 5_000, [1, 2]]]), now_ms + 5_000)
    counted = traffic.statistics(data)
    assert counted.pushes == {"accepted": 2, "duplicate": 1, "not_gzip": 1}
    assert counted.samples == 4
    assert traffic.condition(data).last_push_ms == now_ms + 5_000
    assert counted.commits >= 2
    assert counted.commit_seconds > 0


def test_a_store_that_takes_too_long_is_not_waited_for(
    pusher: Any, door: Door, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "DURABLE_SECONDS_MAX", 0.05)
    released = threading.Event()
    original = door._acceptance.accept
    monkeypatch.setattr(door._committer, "_accept", lambda group: (released.wait(30), original(group)))
    reply = pusher.send(pusher.document(1, [[now_ms, [1, 2]]]), now_ms)
    released.set()
    assert (reply.status, reply.code) == (503, "store_busy")


def test_a_door_that_is_closed_takes_nothing(pusher: Any, door: Door, now_ms: int) -> None:
    door.close()
    reply = pusher.send(pusher.document(1, [[now_ms, [1, 2]]]), now_ms)
    assert (reply.status, reply.code) == (503, "store_busy")


def test_a_store_that_is_gone_is_said_to_be_unavailable(door: Door, data: Path, now_ms: int) -> None:
    (data / "state.db").unlink()
    reply = door.authenticate("Bearer wk_agt_abc", now_ms)
    assert (reply.status, reply.code) == (503, "store_unavailable")
