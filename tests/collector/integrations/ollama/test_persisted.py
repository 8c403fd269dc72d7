"""What is kept of a machine, as the state machine has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.ollama import persisted
from wakeful_collector.integrations.ollama.states import State
from wakeful_collector.store import gateway_states
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_states import Asked

from . import machines

if TYPE_CHECKING:
    from pathlib import Path


def test_a_machine_nobody_looked_at_begins_asleep_or_unreachable(data: Path, now_ms: int) -> None:
    found = persisted.known(data, machines.add(data), now_ms)
    assert (found.memory.state, found.memory.since_ms, found.permanent, found.asked, found.row) == (
        State.ASLEEP,
        now_ms,
        False,
        None,
        None,
    )
    assert persisted.known(data, machines.add(data, wake="never"), now_ms).memory.state is State.UNREACHABLE


def test_what_was_asked_before_anybody_looked_is_known(data: Path, now_ms: int) -> None:
    one = machines.add(data, wake="never")
    with changing_gateway(data) as connection:
        gateway_states.ask(connection, "box", Asked("wake", "user:ada", now_ms - 5))
    found = persisted.known(data, one, now_ms)
    assert found.asked == Asked("wake", "user:ada", now_ms - 5)
    assert (found.memory.state, found.memory.since_ms) == (State.UNREACHABLE, now_ms - 5)


def test_a_memory_is_read_back(data: Path, now_ms: int) -> None:
    one = machines.add(data)
    with changing_gateway(data) as connection:
        gateway_states.keep(connection, "box", "awake", 5, "why", {"used_ms": 7, "busy": ["a"]})
        gateway_states.set_permanent(connection, "box", True, 6)
    found = persisted.known(data, one, now_ms)
    assert (found.memory.state, found.memory.used_ms, found.memory.busy, found.permanent) == (
        State.AWAKE,
        7,
        ("a",),
        True,
    )
