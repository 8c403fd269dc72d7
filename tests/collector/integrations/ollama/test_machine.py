"""The state machine: what it does in the plain cases, and what holds whatever happens."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wakeful_collector.integrations.ollama import machine
from wakeful_collector.integrations.ollama.states import (
    FORCE,
    SLEEP,
    SLEEP_FAILED,
    SLEPT,
    WAKE,
    WAKE_FAILED,
    WOKE,
    Facts,
    Memory,
    Outcome,
    State,
    Step,
)

from .machine_world import POLICY, Nature, World

NOW = 1_795_000_000_000
ALLOWED = {
    (State.ASLEEP, State.WAKING),
    (State.ASLEEP, State.AWAKE),
    (State.WAKING, State.AWAKE),
    (State.WAKING, State.UNREACHABLE),
    (State.AWAKE, State.DRAINING),
    (State.AWAKE, State.STOPPING),
    (State.AWAKE, State.ASLEEP),
    (State.AWAKE, State.UNREACHABLE),
    (State.DRAINING, State.AWAKE),
    (State.DRAINING, State.STOPPING),
    (State.DRAINING, State.ASLEEP),
    (State.DRAINING, State.UNREACHABLE),
    (State.STOPPING, State.ASLEEP),
    (State.STOPPING, State.AWAKE),
    (State.UNREACHABLE, State.AWAKE),
    (State.UNREACHABLE, State.WAKING),
}


def world(seed: int = 1, **nature: Any) -> World:
    return World(Random(seed), Nature(**nature))


def awake(**nature: Any) -> World:
    found = world(**nature)
    found.power = "on"
    assert found.run_until(State.AWAKE)
    return found


def states(found: World) -> list[State]:
    return [step.turn.state for _, _, _, step in found.steps if step.turn is not None]


def said(found: World) -> list[str]:
    return [word for _, _, _, step in found.steps for word in step.said]


def acts(found: World) -> list[str]:
    return [act for _, _, _, step in found.steps for act in step.acts]


def at(state: State, **memory: Any) -> Memory:
    return Memory(state, NOW - 10_000, probed_ms=NOW - 1_000)._replace(**memory)


def go(memory: Memory, seconds_later: float = 0, **facts: Any) -> Step:
    return machine.step(memory, Facts(**facts), POLICY, NOW + round(seconds_later * 1000))


# ---------------------------------------------------------------- the plain way


def test_a_request_wakes_the_machine_is_served_and_the_machine_sleeps_again() -> None:
    found = world().run(30)
    assert states(found) == []
    wish = found.want(5)
    assert found.run_until(State.AWAKE, 60)
    found.run(10)
    assert wish.admitted_ms is not None
    assert not wish.refused
    assert found.run_until(State.ASLEEP, 300)
    assert states(found) == [State.WAKING, State.AWAKE, State.DRAINING, State.STOPPING, State.ASLEEP]
    assert said(found) == [WOKE, SLEPT]
    assert not found.is_up


def test_nobody_wakes_a_machine_that_nobody_wants() -> None:
    assert acts(world().run(3_600)) == []


def test_however_many_wait_it_is_woken_once() -> None:
    found = world(boots_seconds=5).run(30)
    for _ in range(100):
        found.want(1)
    assert found.run_until(State.AWAKE, 60)
    assert acts(found) == [WAKE]
    found.run(2)
    assert all(one.admitted_ms is not None for one in found.wishes)


def test_a_lost_packet_is_sent_again() -> None:
    found = world(packet_lost=0.7, seed=3).run(30)
    found.want(9_000, "claim")
    assert found.run_until(State.AWAKE, 3_600)
    assert acts(found).count(WAKE) > 1


def test_an_action_that_switched_it_on_is_not_repeated_but_one_that_failed_is() -> None:
    found = world(boots_seconds=50)
    found.policy = POLICY._replace(repeat=False)
    found.run(30).want(1)
    assert found.run_until(State.AWAKE, 100)
    assert acts(found) == [WAKE]
    failing = world(boots_seconds=10, wake_fails=1.0)
    failing.policy = POLICY._replace(repeat=False)
    failing.run(30).want(1)
    failing.run(25)
    failing.nature.wake_fails = 0.0
    assert failing.run_until(State.AWAKE, 60)
    assert acts(failing).count(WAKE) >= 3


def test_an_action_that_nobody_knows_the_end_of_is_done_again() -> None:
    waking = at(State.WAKING, sent=1, sent_ms=NOW, is_called=False)
    policy = POLICY._replace(repeat=False)
    assert machine.step(waking, Facts(acting=frozenset({WAKE})), policy, NOW + 15_000).acts == ()
    assert machine.step(waking, Facts(), policy, NOW + 15_000).acts == (WAKE,)
    done = machine.step(waking, Facts(act=Outcome(WAKE, True)), policy, NOW + 15_000)
    assert done.acts == ()
    assert machine.step(done.memory, Facts(), policy, NOW + 30_000).acts == ()


def test_a_machine_that_never_shows_is_unreachable_with_the_reason_and_not_called_for_a_while() -> None:
    found = world(never_boots=True).run(30)
    wish = found.want(1)
    assert found.run_until(State.UNREACHABLE, 100)
    assert "no answer within 60 s; it was called 6 times: wake done" in found.memory.reason
    assert said(found) == [WAKE_FAILED]
    found.run(1)
    assert wish.refused
    calls = len(acts(found))
    for _ in range(28):
        assert found.want(1).refused
        found.run(1)
    assert len(acts(found)) == calls, "a client's retries woke it again"
    found.run(5)
    assert not found.want(1).refused
    assert found.run_until(State.WAKING, 2)


def test_a_person_may_have_it_woken_while_requests_may_not() -> None:
    found = world(never_boots=True).run(30)
    found.want(1)
    assert found.run_until(State.UNREACHABLE, 100)
    found.asked = WAKE
    found.run(1)
    assert found.memory.state is State.WAKING
    assert found.memory.by == "user:ada"
    assert found.asked == ""


def test_a_wake_that_cannot_help_is_given_up_at_once() -> None:
    waking = at(State.WAKING)
    given_up = go(waking, act=Outcome(WAKE, False, "agent.toml does not permit it", permanent=True))
    assert given_up.memory.state is State.UNREACHABLE
    assert given_up.memory.reason == "agent.toml does not permit it"
    assert go(waking, act=Outcome(WAKE, False, "no route")).memory.state is State.WAKING


def test_a_lease_that_stays_has_it_called_ever_more_rarely() -> None:
    found = world(never_boots=True).run(30)
    found.want(40_000, "claim")
    found.run(20_000)
    begun = [at_ms for at_ms, _, _, step in found.steps if step.turn is not None and step.turn.state is State.WAKING]
    pauses = [(after - before) / 1000 for before, after in zip(begun, begun[1:], strict=False)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 150
    assert 3_500 < pauses[-1] < 3_700


def test_unreachable_and_answering_again_is_awake() -> None:
    back = go(at(State.UNREACHABLE, tries=3, cool_ms=NOW + 9), answers=True)
    assert (back.memory.state, back.memory.tries, back.memory.cool_ms) == (State.AWAKE, 0, 0)


def test_a_machine_that_may_not_be_woken_is_waited_for_only() -> None:
    found = world(can_wake=False)
    found.run(30)
    assert found.want(1).refused
    found.want(500, "claim")
    found.asked = WAKE
    found.run(300)
    assert acts(found) == []
    assert found.asked == "", "what cannot be done must not stand there for ever"
    found.power = "on"
    assert found.run_until(State.AWAKE, 30)
    assert not found.want(1).refused
    found.power = "off"
    assert found.run_until(State.UNREACHABLE, 30)


# ---------------------------------------------------------------- asleep, by others and by itself


def test_somebody_switches_it_on_and_off_by_hand() -> None:
    found = world().run(30)
    found.power = "on"
    assert found.run_until(State.AWAKE, 20)
    found.power = "off"
    assert found.run_until(State.ASLEEP, 20)
    assert "somebody switched it off" in found.memory.reason
    assert acts(found) == []


def test_one_lost_probe_is_no_reason() -> None:
    found = awake(probe_lost=0.1, seed=4)
    found.want(3_000, "claim")
    found.run(600)
    assert State.ASLEEP not in states(found)[:-1] or acts(found).count(WAKE) <= 1


@pytest.mark.parametrize(
    "reason", ["request", "claim", "permanent", "busy", "may not"], ids=lambda reason: str(reason).replace(" ", "_")
)
def test_whatever_holds_it_awake_holds_it_awake(reason: str) -> None:
    found = awake()
    if reason in {"request", "claim"}:
        found.want(2_000, reason)
    found.permanent = reason == "permanent"
    found.busy = ("llama3 is loaded",) if reason == "busy" else ()
    found.nature.can_sleep = reason != "may not"
    found.run(1_500)
    assert states(found) == [State.AWAKE]
    found.wishes.clear()
    found.permanent, found.busy, found.nature.can_sleep = False, (), True
    assert found.run_until(State.ASLEEP, 400)


def test_it_sleeps_no_sooner_than_the_idle_time_after_the_last_use() -> None:
    found = awake().run(50)
    wish = found.want(70)
    assert found.run_until(State.STOPPING, 400)
    assert wish.ended_ms is not None
    assert found.now_ms - wish.ended_ms >= POLICY.idle_seconds * 1000
    assert found.now_ms - wish.ended_ms <= (POLICY.idle_seconds + POLICY.drain_seconds + 10) * 1000


def test_what_was_busy_a_moment_ago_is_not_put_to_sleep() -> None:
    found = awake()
    found.busy = ("the GPU is at work",)
    found.run(300)
    found.busy = ()
    ended_ms = found.now_ms
    assert found.run_until(State.DRAINING, 100)
    assert found.now_ms - ended_ms >= (POLICY.calm_seconds - POLICY.look_seconds) * 1000
    assert found.memory.looked_ms - found.memory.busy_ms >= 0
    assert found.now_ms - found.memory.busy_ms >= POLICY.calm_seconds * 1000


@pytest.mark.parametrize("who", ["request", "claim", "permanent", "busy", WAKE, "may not"])
def test_draining_ends_when_somebody_comes(who: str) -> None:
    found = awake()
    assert found.run_until(State.DRAINING, 400)
    if who in {"request", "claim"}:
        wish = found.want(3, who)
        assert not wish.refused
    elif who == "permanent":
        found.permanent = True
    elif who == "busy":
        found.busy = ("llama3 is loaded",)
    elif who == WAKE:
        found.asked = WAKE
    else:
        found.nature.can_sleep = False
    found.run(3)
    assert found.memory.state is State.AWAKE
    assert SLEEP not in acts(found)


def test_draining_that_nobody_looks_at_ends() -> None:
    draining = at(State.DRAINING)
    assert go(draining, 20).memory.state is State.DRAINING
    assert go(draining, POLICY.drain_seconds + POLICY.stop_seconds).memory.state is State.AWAKE
    looked = go(draining, 20, busy=())
    assert (looked.memory.state, looked.acts) == (State.STOPPING, (SLEEP,))


def test_gone_while_it_drains_is_asleep() -> None:
    draining = at(State.DRAINING, missed=POLICY.gone_probes - 1)
    assert go(draining, answers=False).memory.state is State.ASLEEP
    assert go(draining, answers=False, can_wake=False).memory.state is State.UNREACHABLE


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


# ---------------------------------------------------------------- whatever happens


def _hold(found: World, before: Memory, facts: Facts, step: Step) -> None:
    """Assert what each single step must hold."""
    after = step.memory
    if step.turn is None:
        assert after.state is before.state
    else:
        assert (step.turn.was, step.turn.state) == (before.state, after.state)
        assert (before.state, after.state) in ALLOWED
        assert after.since_ms == found.now_ms
        assert step.turn.reason
        assert step.turn.by
    assert len(step.acts) <= 1
    assert not set(step.acts) & facts.acting, "an act is begun that is under way"
    if SLEEP in step.acts:
        assert after.state is State.STOPPING
        assert facts.can_sleep
        assert step.forced or (not found.living() and not found.permanent)
    if WAKE in step.acts:
        assert after.state is State.WAKING
        assert facts.can_wake


natures = st.builds(
    Nature,
    boots_seconds=st.sampled_from((2.0, 20.0, 50.0)),
    stops_seconds=st.sampled_from((1.0, 10.0, 60.0)),
    packet_lost=st.sampled_from((0.0, 0.3, 0.9)),
    sleep_fails=st.sampled_from((0.0, 0.0, 0.3, 1.0)),
    wake_fails=st.sampled_from((0.0, 0.0, 0.3, 1.0)),
    never_boots=st.sampled_from((False, False, False, True)),
    probe_lost=st.sampled_from((0.0, 0.0, 0.05)),
    kills=st.sampled_from((0.0, 0.0, 0.01, 0.1)),
    can_wake=st.sampled_from((True, True, True, False)),
    can_sleep=st.sampled_from((True, True, True, False)),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), natures)
def test_random_walks(seed: int, nature: Nature) -> None:
    found = World(Random(seed), nature, watch=_hold)
    for _ in range(4 * 2_400):
        found.meddle()
        found.tick()
    _served_or_refused_in_time(found)
    _wakes_are_rare(found)
    _comes_to_rest(found)


def _served_or_refused_in_time(found: World) -> None:
    bound_ms = (POLICY.boot_seconds + POLICY.stop_seconds + POLICY.cool_seconds + 10) * 1000
    for one in found.wishes:
        if one.kind == "request":
            until_ms = one.admitted_ms or one.ended_ms or found.now_ms
            assert until_ms - one.begun_ms <= bound_ms, one
            assert not (one.refused and one.admitted_ms)


def _wakes_are_rare(found: World) -> None:
    """Requests and leases wake it at most once in `cool_seconds`; a person's button is not counted."""
    begun = [
        at_ms
        for at_ms, _, before, step in found.steps
        if step.turn is not None and step.turn.state is State.WAKING and not step.turn.by.startswith("user:")
    ]
    before_ms = 0
    for at_ms in begun:
        assert at_ms - before_ms >= POLICY.cool_seconds * 1000
        before_ms = at_ms


def _comes_to_rest(found: World) -> None:
    """Nobody wants anything any longer and nothing goes wrong any longer: the machine sleeps, or is left alone."""
    found.wishes.clear()
    found.permanent, found.asked, found.busy = False, "", ()
    found.nature.kills = found.nature.probe_lost = found.nature.sleep_fails = 0.0
    found.nature.stops_seconds = 5
    if found.power == "stopping":
        found.power = "off"
    found.run(POLICY.retry_max_seconds + POLICY.idle_seconds + POLICY.stop_seconds + 200)
    if found.is_up:
        assert not found.nature.can_sleep
        assert found.memory.state is State.AWAKE
    else:
        assert found.memory.state in {State.ASLEEP, State.UNREACHABLE}
    calls = len(acts(found))
    found.run(600)
    assert len(acts(found)) == calls


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        Memory,
        state=st.sampled_from(State),
        since_ms=st.integers(NOW - 10**7, NOW),
        reason=st.just("x"),
        by=st.sampled_from(("", "request", "user:ada")),
        used_ms=st.integers(NOW - 10**7, NOW),
        busy=st.sampled_from(((), ("a",))),
        busy_ms=st.integers(NOW - 10**7, NOW),
        looked_ms=st.integers(NOW - 10**6, NOW),
        probed_ms=st.sampled_from((0, NOW - 500)),
        missed=st.integers(0, 5),
        sent=st.integers(0, 9),
        sent_ms=st.integers(NOW - 10**5, NOW),
        is_called=st.booleans(),
        said=st.just(""),
        woke_ms=st.integers(NOW - 10**6, NOW),
        cool_ms=st.integers(NOW - 10**5, NOW + 10**4),
        tries=st.integers(0, 40),
        failures=st.integers(0, 2_000),
        retry_ms=st.integers(NOW - 10**6, NOW + 10**5),
        ordered_ms=st.sampled_from((0, NOW - 30_000, NOW)),
        wanted_by=st.sampled_from(("", "user:ada")),
    ),
    st.builds(
        Facts,
        answers=st.sampled_from((None, True, False)),
        requests=st.integers(0, 2),
        claims=st.integers(0, 1),
        permanent=st.booleans(),
        asked=st.sampled_from(("", WAKE, SLEEP, FORCE)),
        asked_by=st.just("user:ada"),
        busy=st.sampled_from((None, (), ("a",))),
        can_wake=st.booleans(),
        can_sleep=st.booleans(),
        act=st.sampled_from((None, Outcome(WAKE, True), Outcome(SLEEP, True), Outcome(SLEEP, False, "no"))),
        acting=st.sampled_from((frozenset(), frozenset({WAKE}), frozenset({SLEEP}))),
    ),
)
def test_from_anywhere_a_step_is_sound(memory: Memory, facts: Facts) -> None:
    step = machine.step(memory, facts, POLICY, NOW)
    if step.turn is not None:
        assert (memory.state, step.memory.state) in ALLOWED
        assert (step.turn.was, step.turn.state) == (memory.state, step.memory.state)
        assert step.turn.by
    else:
        assert step.memory.state is memory.state
    assert not set(step.acts) & facts.acting
    assert not (WAKE in step.acts and not facts.can_wake and memory.state is not State.WAKING)
    if SLEEP in step.acts and not step.forced:
        assert not facts.is_wanted
    assert not step.consumed or facts.asked
