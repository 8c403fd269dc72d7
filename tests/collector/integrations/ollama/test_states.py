"""What the state machine remembers survives being written down, also by another version."""

from __future__ import annotations

import json

from wakeful_collector.integrations.ollama import states
from wakeful_collector.integrations.ollama.states import Facts, Memory, State

OTHERS = {int: 7, str: "other", bool: True, tuple: ("a", "b"), State: State.WAKING}
FULL = Memory(**{name: OTHERS[type(value)] for name, value in Memory()._asdict().items()})


def test_a_memory_comes_back_as_it_was() -> None:
    assert all(getattr(FULL, name) != getattr(Memory(), name) for name in Memory._fields), "a field is not tried"
    stored = json.loads(json.dumps(FULL.stored()))
    assert states.remembered(FULL.state, FULL.since_ms, FULL.reason, stored) == FULL


def test_what_another_version_kept_is_left_out_and_what_it_lacks_is_the_default() -> None:
    found = states.remembered("awake", 5, "x", {"sent": 3, "of_the_future": [1], "state": "asleep"})
    assert found == Memory(State.AWAKE, 5, "x", sent=3)


def test_a_machine_nobody_looked_at_sleeps_or_is_not_there() -> None:
    assert states.first(True, 7)[:2] == (State.ASLEEP, 7)
    assert states.first(False, 7)[:2] == (State.UNREACHABLE, 7)


def test_who_wants_a_machine() -> None:
    assert not Facts().is_wanted
    assert Facts(requests=1).is_wanted
    assert Facts(claims=1).is_wanted
    assert Facts(permanent=True).is_wanted
