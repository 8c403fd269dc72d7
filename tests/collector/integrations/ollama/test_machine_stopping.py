"""The state machine in plain cases: on its way to sleep, asked by people, and with a clock that is set back."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.ollama.states import (
    FORCE,
    SLEEP,
    SLEEP_FAILED,
    SLEPT,
    WAKE,
    Memory,
    Outcome,
    State,
)

from .machine_world import NOW, POLICY, at, awake, go, said, states, world

# ---------------------------------------------------------------- on its way to sleep


def test_a_request_during_the_shutdown_wakes_it_after_it() -> None:
    found = awake(stops_seconds=15)
    assert found.run_until(State.STOPPING, 400)
    wish = found.want(2)
    assert not wish.refused
    assert found.run_until(State.AWAKE, 120)
    found.run(1)
    assert wish.admitted_ms is not None
    assert states(found)[-3:] == [State.ASLEEP, State.WAKING, State.AWAKE]


def test_a_person_who_wants_it_back_during_the_shutdown_gets_it_even_right_after_a_wake() -> None:
    found = world(boots_seconds=3).run(30)
    found.want(1)
    assert found.run_until(State.AWAKE, 60)
    found.run(2)
    found.asked = FORCE
    found.run(1)
    assert found.memory.state is State.STOPPING
    found.asked = WAKE
    assert found.run_until(State.WAKING, 20)
    assert found.memory.by == "user:ada"


def test_who_wanted_it_back_and_then_did_not_does_not_get_it() -> None:
    stopping = at(State.STOPPING)
    wanted = go(stopping, asked=WAKE, asked_by="user:ada").memory
    assert wanted.wanted_by == "user:ada"
    assert go(wanted, asked=SLEEP, asked_by="user:ada").memory.wanted_by == ""


def test_an_order_that_fails_leaves_it_awake_and_is_tried_ever_more_rarely() -> None:
    found = awake(sleep_fails=1.0)
    found.run(4_000)
    ordered = [at_ms for at_ms, _, _, step in found.steps if SLEEP in step.acts]
    pauses = [(after - before) / 1000 for before, after in zip(ordered, ordered[1:], strict=False)]
    assert pauses[0] < 200
    assert all(after >= before - 2 for before, after in zip(pauses, pauses[1:], strict=False))
    assert pauses[-1] >= POLICY.retry_max_seconds
    assert set(said(found)) == {SLEEP_FAILED}
    assert "sleep failed" in found.memory.reason
    found.nature.sleep_fails = 0.0
    assert found.run_until(State.ASLEEP, 1_200)
    assert found.memory.failures == 0


def test_an_order_that_does_nothing_is_noticed() -> None:
    found = awake(stops_seconds=10_000)
    assert found.run_until(State.STOPPING, 400)
    found.power, found.changes_ms = "on", 0
    assert found.run_until(State.AWAKE, 60)
    assert "still answers 40 s after" in found.memory.reason
    assert said(found) == [SLEEP_FAILED]


def test_an_order_lost_in_a_kill_is_given_again_when_nobody_wants_the_machine() -> None:
    stopping = at(State.STOPPING, ordered_ms=NOW - 1_000)
    assert go(stopping, answers=True, acting=frozenset({SLEEP})).acts == ()
    again = go(stopping, answers=True)
    assert again.acts == (SLEEP,)
    assert go(again.memory, answers=True, act=Outcome(SLEEP, True)).memory.ordered_ms == 0
    wanted = go(stopping, answers=True, requests=1)
    assert wanted.acts == ()
    assert go(wanted.memory, 25, answers=True, requests=1).memory.state is State.AWAKE


def test_one_lost_probe_does_not_end_the_stopping() -> None:
    once = go(at(State.STOPPING), answers=False).memory
    assert once.state is State.STOPPING
    assert go(once, 1, answers=True).memory.state is State.STOPPING
    assert go(once, 1, answers=False).memory.state is State.ASLEEP


# ---------------------------------------------------------------- asked by people


def test_sleep_that_is_asked_for_skips_the_idle_time() -> None:
    found = awake().run(5)
    found.asked = SLEEP
    assert found.run_until(State.ASLEEP, 60)
    assert found.memory.by == "user:ada"


@pytest.mark.parametrize("why", ["request", "claim", "permanent", "busy", "may not"])
def test_sleep_that_is_asked_for_minds_those_who_use_it(why: str) -> None:
    found = awake().run(5)
    if why in {"request", "claim"}:
        found.want(50, why)
    found.permanent = why == "permanent"
    found.busy = ("llama3 is loaded",) if why == "busy" else ()
    found.nature.can_sleep = why != "may not"
    found.asked = SLEEP
    found.run(10)
    assert found.memory.state is State.AWAKE
    assert found.asked == ""


def test_by_force_it_sleeps_whoever_uses_it() -> None:
    found = awake()
    wish = found.want(1_000)
    found.asked = FORCE
    found.run(1)
    assert found.memory.state is State.STOPPING
    assert found.steps[-1][3].forced or any(step.forced for *_, step in found.steps)
    assert found.run_until(State.ASLEEP, 60)
    assert wish.ended_ms is not None
    assert go(at(State.DRAINING), asked=FORCE, asked_by="x").memory.state is State.STOPPING
    hanging = go(at(State.AWAKE), asked=FORCE, asked_by="x", acting=frozenset({SLEEP}))
    assert (hanging.memory.state, hanging.consumed) == (State.AWAKE, False)


def test_sleep_asked_for_while_it_wakes_comes_after() -> None:
    found = world().run(30)
    found.want(2, "claim")
    assert found.run_until(State.WAKING, 5)
    found.asked = SLEEP
    found.run(3)
    assert found.asked == SLEEP
    assert found.run_until(State.ASLEEP, 120)
    assert found.asked == ""


@pytest.mark.parametrize("state", [State.ASLEEP, State.UNREACHABLE])
@pytest.mark.parametrize("asked", [SLEEP, FORCE])
def test_sleep_asked_of_what_does_not_answer_is_taken_note_of(state: State, asked: str) -> None:
    step = go(at(state), asked=asked, asked_by="x")
    assert step.consumed
    assert step.memory.state is state


def test_wake_asked_of_what_is_awake_counts_as_a_use() -> None:
    step = go(at(State.AWAKE), 50, asked=WAKE, asked_by="x")
    assert step.consumed
    assert step.memory.used_ms == NOW + 50_000


# ---------------------------------------------------------------- the clock


@pytest.mark.parametrize("state", list(State))
def test_a_clock_that_is_set_back_stops_nothing(state: State) -> None:
    ahead = NOW + 86_400_000
    times = {name: ahead for name in Memory._fields if name.endswith("_ms")}
    step = go(Memory(state)._replace(**times))
    later = [getattr(step.memory, name) for name in Memory._fields if name.endswith("_ms")]
    assert max(later) <= NOW + POLICY.retry_max_seconds * 1000


def test_that_it_did_not_go_down_in_time_is_said_by_a_look_after_that_time() -> None:
    late = at(State.STOPPING, since_ms=NOW - 10**6)
    unseen = go(late)
    assert unseen.memory.state is State.STOPPING, "the worker did not run; it may sleep for long"
    assert go(unseen.memory, answers=True).said == (SLEEP_FAILED,)
    once = go(unseen.memory, answers=False).memory
    assert go(once, 1, answers=False).said == (SLEPT,)
