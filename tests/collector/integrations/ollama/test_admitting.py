"""What a request meets at the queue: limits, the bound of the queue, its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.ollama import admitting
from wakeful_collector.integrations.ollama.admitting import Refused
from wakeful_collector.store import gateway_leases, gateway_limits, gateway_machines, gateway_states
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_leases import Lease
from wakeful_collector.store.gateway_limits import Limit
from wakeful_collector.store.gateway_states import Asked

from . import machines

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from wakeful_collector.integrations.ollama.settings import Machine

NOW = 1_795_000_000_000


def stand(connection: sqlite3.Connection, state: str = "awake", name: str = "box", **memory: Any) -> None:
    gateway_states.keep(connection, name, state, NOW - 5_000, "no answer", {"probed_ms": NOW, **memory})


class Queue:
    """The queue of some machines inside one transaction; requests are numbered."""

    def __init__(self, connection: sqlite3.Connection, box: Machine) -> None:
        self.connection = connection
        self.box = box
        self.number = 0

    def enter(self, key: str = "key:a", model: str = "", now_ms: int = NOW, box: Machine | None = None) -> bool:
        self.number += 1
        one = box or self.box
        lease = Lease(str(self.number), one.name, "request", key, key, "", now_ms, None, now_ms + 20_000)
        return admitting.enter(self.connection, one, lease, model, now_ms)

    def refusal(self, **given: Any) -> tuple[str, int, int]:
        with pytest.raises(Refused) as refused:
            self.enter(**given)
        assert refused.value.message
        return refused.value.code, refused.value.status, refused.value.retry_seconds

    def admit(self, now_ms: int = NOW) -> tuple[str, ...]:
        return admitting.admit_waiting(self.connection, self.box, now_ms)

    def end(self, *ids: int) -> None:
        for one in ids:
            gateway_leases.end(self.connection, str(one))


@pytest.fixture
def queue(data: Path) -> Iterator[Queue]:
    box = machines.add(data, parallel=2, queue=3)
    with changing_gateway(data) as connection:
        stand(connection)
        yield Queue(connection, box)


def test_there_is_room_and_nobody_before(queue: Queue) -> None:
    assert queue.enter()
    found = gateway_leases.one(queue.connection, "1")
    assert found is not None
    assert found.admitted_ms == NOW


def test_those_behind_wait_and_go_in_turn(queue: Queue) -> None:
    assert [queue.enter(), queue.enter(), queue.enter(), queue.enter("key:b")] == [True, True, False, False]
    assert queue.admit() == ()
    queue.end(1)
    assert queue.admit() == ("3",)
    queue.end(2)
    assert queue.admit() == ("4",)
    assert queue.admit() == ()


def test_nobody_overtakes_those_who_wait(queue: Queue) -> None:
    for _ in range(3):
        queue.enter()
    queue.end(1)
    assert not queue.enter("key:new"), "there is room, but somebody was before"
    first = gateway_leases.one(queue.connection, "3")
    assert first is not None
    assert first.admitted_ms == NOW, "who was before goes now, and need not wait until somebody looks"
    assert queue.admit() == ()


def test_a_full_queue_refuses(queue: Queue) -> None:
    for _ in range(5):
        queue.enter()
    assert queue.refusal() == ("full", 503, admitting.FULL_RETRY_SECONDS)
    assert gateway_leases.one(queue.connection, "6") is None


def test_no_queue_at_all_serves_whom_it_can(data: Path) -> None:
    box = machines.add(data, parallel=1, queue=0)
    with changing_gateway(data) as connection:
        stand(connection)
        queue = Queue(connection, box)
        assert queue.enter()
        assert queue.refusal()[0] == "full"


@pytest.mark.parametrize("state", ["asleep", "waking", "stopping"])
def test_while_the_machine_is_not_there_everybody_waits(queue: Queue, state: str) -> None:
    stand(queue.connection, state)
    assert not queue.enter()
    assert queue.admit() == ()
    stand(queue.connection, "draining")
    assert queue.admit() == ("1",)


def test_a_machine_that_failed_to_show_refuses_with_its_reason(queue: Queue) -> None:
    stand(queue.connection, "unreachable", cool_ms=NOW + 40_000)
    assert queue.refusal() == ("not_awake", 504, 40)
    stand(queue.connection, "unreachable", cool_ms=NOW - 1)
    assert not queue.enter()


def test_a_machine_that_a_person_just_had_woken_is_waited_for(queue: Queue) -> None:
    stand(queue.connection, "unreachable", cool_ms=NOW + 40_000)
    gateway_states.ask(queue.connection, "box", Asked("wake", "user:ada", NOW))
    assert not queue.enter()


def test_a_machine_nobody_looked_at_yet_is_waited_for(data: Path) -> None:
    box = machines.add(data, wake="never")
    with changing_gateway(data) as connection:
        assert not Queue(connection, box).enter()
        assert admitting.admit_waiting(connection, box, NOW) == ()


def test_a_forbidden_model_is_refused_before_anything_else(queue: Queue) -> None:
    gateway_limits.keep(queue.connection, Limit("key:a", models=("llama3*",)))
    stand(queue.connection, "unreachable", cool_ms=NOW + 40_000)
    assert queue.refusal(model="qwen3:8b") == ("forbidden", 403, 0)
    stand(queue.connection)
    assert queue.enter(model="llama3:8b")
    assert queue.enter("key:b", model="qwen3:8b")


def test_a_key_at_its_bound_waits_while_others_go(queue: Queue) -> None:
    gateway_limits.keep(queue.connection, Limit("key:a", concurrency=1))
    assert queue.enter()
    assert not queue.enter()
    assert queue.admit() == ()
    assert queue.enter("key:b")
    assert queue.admit() == ()
    queue.end(1)
    assert queue.admit() == ("2",)


def test_a_keys_bound_counts_at_all_machines(data: Path) -> None:
    one, other = machines.add(data, name="box"), machines.add(data, name="other")
    with changing_gateway(data) as connection:
        gateway_limits.keep(connection, Limit("key:a", concurrency=1))
        stand(connection)
        stand(connection, name="other")
        queue = Queue(connection, one)
        assert queue.enter()
        assert not queue.enter(box=other)
        assert admitting.admit_everywhere(connection, NOW) == ()
        queue.end(1)
        assert admitting.admit_everywhere(connection, NOW) == ("2",)
        assert admitting.admit_everywhere(connection, NOW) == ()


def test_a_machine_that_was_removed_meanwhile_is_not_waited_for(queue: Queue) -> None:
    gateway_machines.remove(queue.connection, "box")
    assert queue.refusal() == ("not_awake", 504, 0)


def test_leases_of_killed_processes_take_no_room(queue: Queue) -> None:
    for _ in range(3):
        queue.enter()
    later = NOW + 20_000
    assert queue.enter(now_ms=later)
    gateway_machines.remove(queue.connection, "box")
    assert admitting.admit_everywhere(queue.connection, NOW) == ()


def test_so_many_a_minute(queue: Queue) -> None:
    gateway_limits.keep(queue.connection, Limit("key:a", per_minute=3))
    for _ in range(3):
        queue.enter()
        queue.end(queue.number)
    assert queue.refusal() == ("limited", 429, 20)
    assert queue.enter("key:b")
    queue.end(queue.number)
    assert queue.refusal(now_ms=NOW + 19_000) == ("limited", 429, 1)
    assert queue.enter(now_ms=NOW + 20_000)
    queue.end(queue.number)
    assert queue.refusal(now_ms=NOW + 20_001)[0] == "limited"
    for _ in range(3):
        assert queue.enter(now_ms=NOW + 600_000)
        queue.end(queue.number)
    assert queue.refusal(now_ms=NOW + 600_000)[0] == "limited"


def test_no_requests_at_all_a_minute(queue: Queue) -> None:
    gateway_limits.keep(queue.connection, Limit("key:a", per_minute=0))
    assert queue.refusal()[0] == "limited"


def test_who_is_turned_away_uses_nothing_up(queue: Queue) -> None:
    gateway_limits.keep(queue.connection, Limit("key:a", per_minute=3))
    for _ in range(4):
        queue.enter("key:b")
    assert not queue.enter()
    for _ in range(9):
        assert queue.refusal()[0] == "full"
    queue.end(1, 2, 3, 4, 5)
    assert queue.enter()


def test_no_key_takes_all_the_room_of_a_queue(queue: Queue) -> None:
    for _ in range(5):
        queue.enter()
    assert queue.refusal()[0] == "full"
    assert not queue.enter("key:b"), "it waits"
    assert queue.refusal(key="key:b")[0] == "full"
    queue.end(1, 2)
    assert queue.admit() == ("3", "7"), "in turns between keys"


def test_a_clock_that_was_set_back_locks_nobody_out(queue: Queue) -> None:
    gateway_limits.keep(queue.connection, Limit("key:a", per_minute=2))
    queue.enter(now_ms=NOW)
    queue.enter(now_ms=NOW)
    queue.end(1, 2)
    assert queue.enter(now_ms=NOW - 86_400_000)


def test_nobody_waits_behind_those_who_wait_for_their_own_keys_bound(queue: Queue) -> None:
    gateway_limits.keep(queue.connection, Limit("key:a", concurrency=1))
    assert queue.enter()
    for _ in range(3):
        assert not queue.enter()
    assert queue.refusal()[0] == "full", "one key has filled the queue"
    assert queue.enter("key:b"), "and the machine has room for another"
    assert not queue.enter("key:b"), "one of each key may wait whatever others do"
    assert queue.refusal(key="key:b") == ("full", 503, 10)
