"""The state machine in plain cases: it wakes, it is woken, it stays awake, it drains."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.ollama import machine
from wakeful_collector.integrations.ollama.states import (
    FORCE,
    SLEEP,
    SLEPT,
    WAKE,
    WAKE_FAILED,
    WOKE,
    Facts,
    Outcome,
    State,
)

from .machine_world import NOW, POLICY, acts, at, awake, go, said, states, world

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


def test_a_call_that_is_still_under_way_is_not_made_twice() -> None:
    again = go(at(State.UNREACHABLE), asked=WAKE, asked_by="user:ada", acting=frozenset({WAKE}))
    assert (again.memory.state, again.acts, again.memory.sent) == (State.WAKING, (), 0)
    assert go(again.memory, 15, acting=frozenset({WAKE})).acts == ()
    assert go(again.memory, 15).acts == (WAKE,)


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


@pytest.mark.parametrize("state", [State.AWAKE, State.DRAINING])
def test_it_is_not_put_to_sleep_while_it_is_still_called(state: State) -> None:
    """An agent sends three packets, ten seconds apart: one that comes when the machine sleeps again would wake it."""
    found, calling = at(state, looked_ms=NOW - 1_000), frozenset({WAKE})
    forced = go(found, asked=FORCE, asked_by="user:ada", acting=calling)
    assert (forced.memory.state, forced.acts, forced.consumed) == (state, (), False)
    assert go(forced.memory, asked=FORCE, asked_by="user:ada").memory.state is State.STOPPING
    held = go(at(State.DRAINING, looked_ms=NOW - 1_000), acting=calling)
    assert (held.memory.state, held.acts) == (State.DRAINING, ())
    assert go(held.memory).memory.state is State.STOPPING


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


def test_that_it_did_not_come_up_in_time_is_said_by_a_look_after_that_time() -> None:
    late = at(State.WAKING, since_ms=NOW - 10**6, sent_ms=NOW - 10**6)
    unseen = go(late, requests=1)
    assert (unseen.memory.state, unseen.acts) == (State.WAKING, ()), "the worker did not run; it may be up for long"
    assert go(unseen.memory, answers=True, requests=1).memory.state is State.AWAKE
    assert go(unseen.memory, answers=False, requests=1).memory.state is State.UNREACHABLE


def test_requests_that_came_and_went_between_two_looks_are_a_use() -> None:
    idle = at(State.AWAKE, used_ms=NOW - 10**6)
    assert go(idle, served=True).memory.used_ms == NOW
    draining = at(State.DRAINING, looked_ms=NOW - 1_000)
    assert go(draining).memory.state is State.STOPPING
    held = go(draining, served=True)
    assert (held.memory.state, held.acts, held.memory.used_ms) == (State.AWAKE, (), NOW)
