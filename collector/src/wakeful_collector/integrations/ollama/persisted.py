"""What is kept of a machine, read back as the state machine has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.ollama import outlook, settings, states
from wakeful_collector.read import gateway

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.integrations.ollama.outlook import Prospect
    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.integrations.ollama.states import Memory
    from wakeful_collector.store.gateway_states import Asked, StateRow


class Known(NamedTuple):
    """What is kept of a machine: the state machine's memory, what people want of it, and the row it stands in."""

    memory: Memory
    permanent: bool
    asked: Asked | None
    row: StateRow | None


def known(data: Path, machine: Machine, now_ms: int) -> Known:
    """Return what is kept of a machine; of one that nobody looked at yet, what it begins with."""
    return read(gateway.state(data, machine.name), machine, now_ms)


def prospect(found: Known, machine: Machine, now_ms: int) -> Prospect:
    """Return what a request may expect of a machine that stands so."""
    asked = "" if found.asked is None else found.asked.what
    return outlook.prospect(found.memory, machine.can_wake, settings.policy(machine), now_ms, asked)


def read(row: StateRow | None, machine: Machine, now_ms: int) -> Known:
    """Return what a row of the states says."""
    if row is None:
        return Known(states.first(machine.can_wake, now_ms), False, None, None)
    if not row.memory:  # somebody asked before anybody looked
        return Known(states.first(machine.can_wake, row.since_ms), row.permanent, row.asked, row)
    return Known(states.remembered(row.state, row.since_ms, row.reason, row.memory), row.permanent, row.asked, row)
