"""Where a watch stands: kept on disk as it is, taken for new where it is not, and moved with the clock."""

from __future__ import annotations

import json

import pytest

from wakeful_agent.standing import GIVEN_UP, State, document, parse, shift

STATE = State(
    phase=GIVEN_UP,
    since_ms=5_000,
    sight="down",
    known="down",
    detail="exit code 1",
    incident="ab-cd",
    down_ms=1_000,
    told_down=True,
    surrendered=True,
    tries=2,
    round=2,
    attempts=9,
    tried_ms=(1_000, 4_000),
    falls_ms=(900,),
    story=("after 0 s: it is down",),
    seen_ms=5_000,
)


def test_a_state_is_the_same_after_it_was_kept() -> None:
    assert parse(json.loads(json.dumps(document(STATE)))) == STATE
    assert parse(json.loads(json.dumps(document(State())))) == State()


@pytest.mark.parametrize("kept", [None, [], "x", 7, {"phase": "asleep"}, {"sight": "blue"}])
def test_what_is_no_state_is_taken_for_a_new_one(kept: object) -> None:
    assert parse(kept) == State()


def test_fields_of_a_wrong_type_have_their_defaults() -> None:
    kept = {**document(STATE), "attempts": "9", "tried_ms": [1, "x"], "told_down": 1, "story": "text", "more": 1}
    assert parse(kept) == STATE._replace(attempts=0, tried_ms=(), told_down=False, story=())


def test_all_times_move_with_the_clock_and_never_stays_never() -> None:
    moved = shift(STATE, 10_000)
    assert moved.since_ms == 15_000
    assert moved.down_ms == 11_000
    assert moved.tried_ms == (11_000, 14_000)
    assert moved.falls_ms == (10_900,)
    assert moved.due_ms == moved.paused_until_ms == 0
    assert shift(moved, -10_000) == STATE
