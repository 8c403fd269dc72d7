"""The steps of the state machine, each kept whole or not at all, with its timeline and counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.ollama import states
from wakeful_collector.integrations.ollama.admitting import admit_waiting
from wakeful_collector.integrations.ollama.persisted import Known, known
from wakeful_collector.integrations.ollama.states import SERVING, State
from wakeful_collector.store import gateway_history, gateway_leases, gateway_machines, gateway_states
from wakeful_collector.store.changes import changing_gateway

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.integrations.ollama.states import Memory, Step
    from wakeful_collector.store.gateway_states import StateRow

__all__ = ["Known", "advance", "known"]

_COUNTERS = {states.SLEPT: "sleeps", states.WAKE_FAILED: "wake_failures", states.SLEEP_FAILED: "sleep_failures"}
_BY_ITSELF = {"request", "lease", "permanent"}


def advance(data: Path, machine: Machine, before: Known, step: Step, now_ms: int) -> bool:
    """Keep a step; False when it is no longer true, and everything has to be looked at again.

    That is so when somebody else changed the state meanwhile, or took a lease just before the machine would have been
    ordered to sleep. The step's acts may begin only after True.
    """
    if before.row is not None and step.memory == before.memory and step.turn is None and not step.consumed:
        return True
    with changing_gateway(data) as connection:
        if gateway_machines.by_name(connection, machine.name) is None:
            return False
        current = gateway_states.of(connection, machine.name)
        if not _is_as_it_was(current, before.row) or _is_claimed(connection, machine, current, step, now_ms):
            return False
        memory = step.memory
        gateway_states.keep(connection, machine.name, memory.state, memory.since_ms, memory.reason, memory.stored())
        if step.consumed and before.asked is not None:
            gateway_states.take_ask(connection, machine.name, before.asked)
        _tell(connection, machine, before.memory, step, now_ms)
        if memory.state in SERVING:
            admit_waiting(connection, machine, now_ms)
    return True


def _is_as_it_was(current: StateRow | None, before: StateRow | None) -> bool:
    if current is None or before is None:
        return current is before or (current is not None and not current.memory)
    return (current.state, current.since_ms, current.memory) == (before.state, before.since_ms, before.memory)


def _is_claimed(
    connection: sqlite3.Connection, machine: Machine, current: StateRow | None, step: Step, now_ms: int
) -> bool:
    """Tell whether somebody came just before the machine would be ordered to sleep."""
    if step.memory.state is not State.STOPPING or step.turn is None or step.forced:
        return False
    is_permanent = current is not None and current.permanent
    return is_permanent or any(gateway_leases.count(connection, machine.name, now_ms))


def _tell(connection: sqlite3.Connection, machine: Machine, before: Memory, step: Step, now_ms: int) -> None:
    """Write the timeline and the counters."""
    for said in step.said:
        if said == states.WOKE:
            by = before.by if before.by in _BY_ITSELF else "person"
            gateway_history.count(connection, machine.name, "wakes", {"by": by})
            seconds = max(0, now_ms - before.since_ms) / 1000
            gateway_history.count(connection, machine.name, "wake_seconds", value=seconds)
        else:
            gateway_history.count(connection, machine.name, _COUNTERS[said])
    if step.turn is not None:
        was, state, reason, by = step.turn
        turn = gateway_states.Turn(machine.name, now_ms, was, state, reason[:512], by[:128])
        gateway_states.add_turn(connection, turn)
