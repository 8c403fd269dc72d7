"""How one machine stands, put together: figures of the counters, buttons of the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.ollama import settings
from wakeful_collector.integrations.ollama.pages_standing import DAY_MS, Button, buttons, figures_of, standing
from wakeful_collector.integrations.ollama.persisted import Known
from wakeful_collector.integrations.ollama.states import Memory, State
from wakeful_collector.store import gateway_machines, gateway_states
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_history import Total

from .gateway_data import BASIC

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = settings.check(BASIC)


def shown(state: State, permanent: bool = False, lacking: str = "", **memory: Any) -> list[Button]:
    known = Known(Memory(state, **memory), permanent, None, None)
    return buttons(MACHINE, known, [], lacking)


def labels(state: State, permanent: bool = False, lacking: str = "") -> list[tuple[str, str]]:
    return [(one.label, one.why_not) for one in shown(state, permanent, lacking)]


def test_counters_of_all_labels_and_of_this_machine_alone_are_added_up() -> None:
    totals = [
        Total("gpu", "requests", {"outcome": "ok"}, 7),
        Total("gpu", "requests", {"outcome": "seen"}, 3),
        Total("attic", "requests", {"outcome": "ok"}, 100),
        Total("gpu", "wakes", {"by": "request"}, 2),
        Total("gpu", "wake_seconds", {}, 90),
        Total("gpu", "asleep_seconds", {}, 36_000),
        Total("gpu", "completion_tokens", {"model": "a"}, 5),
    ]
    found = figures_of("gpu", 200, totals)
    assert found == (10, 5, 2, 45, 2)
    assert figures_of("gpu", 0, totals).saved_kwh is None
    assert figures_of("none", 0, totals) == (0, 0, 0, None, None)


def test_the_strip_says_nothing_of_the_time_before_there_was_the_machine(data: Path) -> None:
    added_ms = 1_795_000_000_000
    with changing_gateway(data) as connection:
        gateway_machines.keep(connection, settings.row(MACHINE, "", added_ms, added_ms))
        turn = gateway_states.Turn(MACHINE.name, added_ms + 1_000, "unreachable", "awake", "it answers again", "itself")
        gateway_states.add_turn(connection, turn)
        gateway_states.keep(connection, MACHINE.name, "awake", added_ms + 1_000, "it answers again", {})
    drawn = standing(data, MACHINE, "", added_ms + DAY_MS // 2).strip
    assert '<rect class="unreachable" x="500.0" width="1.5"' in drawn
    assert '<rect class="awake" x="500.0" width="500.0"' in drawn


def test_a_machine_that_wakes_is_neither_woken_nor_put_to_sleep() -> None:
    assert labels(State.WAKING) == [("Keep awake for good", "")]
    assert labels(State.ASLEEP, lacking="no") == [("Wake", "no"), ("Keep awake for good", "no")]
    assert labels(State.AWAKE) == [("Sleep now", ""), ("Keep awake for good", "")]
    assert labels(State.DRAINING, permanent=True) == [("Sleep anyway", ""), ("Let it sleep again", "")]
    assert labels(State.STOPPING) == [("Wake", ""), ("Keep awake for good", "")]


def test_whatever_speaks_against_sleep_is_said_before_it_is_forced() -> None:
    sleep, _ = shown(State.AWAKE, permanent=True, busy=("qwen3:8b is loaded", "its GPU is at 43 %"))
    assert sleep.fields == {"machine": "gpu", "force": "yes"}
    assert sleep.sure == (
        "Put gpu to sleep all the same? It is kept awake for good. Qwen3:8b is loaded. Its GPU is at 43 %."
    )
