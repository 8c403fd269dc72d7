"""The state machine: what holds whatever happens."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wakeful_collector.integrations.ollama import machine
from wakeful_collector.integrations.ollama.states import (
    FORCE,
    SLEEP,
    WAKE,
    Facts,
    Memory,
    Outcome,
    State,
    Step,
)

from .machine_world import NOW, POLICY, Nature, World, acts

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
