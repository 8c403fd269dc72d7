"""What has to be looked at, what a request may expect, what people are told comes next."""

from __future__ import annotations

from typing import Any

import pytest

from wakeful_collector.integrations.ollama import outlook
from wakeful_collector.integrations.ollama.outlook import REFUSE, SERVE, WAIT
from wakeful_collector.integrations.ollama.states import FORCE, SLEEP, WAKE, Facts, Memory, Policy, State

NOW = 1_795_000_000_000
POLICY = Policy()


def at(state: State, seconds_ago: float = 100, **memory: Any) -> Memory:
    return Memory(state, NOW - round(seconds_ago * 1000), "why", probed_ms=NOW)._replace(**memory)


def looks(memory: Memory, seconds_later: float = 0, **facts: Any) -> tuple[bool, bool]:
    return tuple(outlook.looks(memory, Facts(**facts), POLICY, NOW + round(seconds_later * 1000)))


@pytest.mark.parametrize(
    ("state", "seconds"),
    [
        (State.ASLEEP, POLICY.probe_seconds),
        (State.UNREACHABLE, POLICY.probe_seconds),
        (State.AWAKE, POLICY.probe_seconds),
        (State.WAKING, POLICY.probe_often_seconds),
        (State.DRAINING, POLICY.probe_often_seconds),
        (State.STOPPING, POLICY.probe_often_seconds),
    ],
)
def test_a_machine_is_probed_as_often_as_it_matters(state: State, seconds: float) -> None:
    assert not looks(at(state), seconds - 0.1)[0]
    assert looks(at(state), seconds)[0]
    assert looks(at(state, probed_ms=NOW + 10**9))[0], "the clock was set back"


def test_one_that_missed_a_probe_is_probed_often() -> None:
    assert looks(at(State.AWAKE, missed=1), 1)[0]
    assert not looks(at(State.ASLEEP, missed=1), 1)[0]


def test_what_keeps_it_busy_matters_while_it_is_awake() -> None:
    assert [looks(at(state), 9_999)[1] for state in State] == [
        state in {State.AWAKE, State.DRAINING} for state in State
    ]


def test_busy_is_looked_at_more_often_when_it_is_about_to_sleep() -> None:
    used = at(State.AWAKE, used_ms=NOW, looked_ms=NOW)
    assert not looks(used, 29)[1]
    assert looks(used, 30)[1]
    near = at(State.AWAKE, used_ms=NOW - 890_000, since_ms=NOW - 890_000, looked_ms=NOW)
    assert not looks(near, 4)[1]
    assert looks(near, 5)[1]
    assert not looks(near, 5, requests=1)[1]
    assert looks(used, 1, asked=SLEEP)[1]


def test_a_look_from_before_the_last_use_is_not_enough() -> None:
    assert looks(at(State.AWAKE, used_ms=NOW - 895_000, since_ms=NOW - 895_000, looked_ms=NOW - 895_000), 0)[1]


def test_draining_wants_a_look_of_its_own() -> None:
    assert looks(at(State.DRAINING, 1, looked_ms=NOW - 5_000))[1]
    assert not looks(at(State.DRAINING, 1, looked_ms=NOW))[1]


@pytest.mark.parametrize(
    ("memory", "can_wake", "verdict", "retry"),
    [
        (at(State.AWAKE), True, SERVE, 0),
        (at(State.DRAINING), False, SERVE, 0),
        (at(State.WAKING, 60), True, WAIT, 120),
        (at(State.WAKING, 500), True, WAIT, 1),
        (at(State.STOPPING, 20), True, WAIT, 280),
        (at(State.ASLEEP), True, WAIT, 180),
        (at(State.ASLEEP), False, REFUSE, 10),
        (at(State.UNREACHABLE), False, REFUSE, 10),
        (at(State.UNREACHABLE, probed_ms=0), False, WAIT, 180),
        (at(State.UNREACHABLE, cool_ms=NOW + 41_500), True, REFUSE, 42),
        (at(State.UNREACHABLE, woke_ms=NOW - 30_000), True, REFUSE, 30),
        (at(State.UNREACHABLE, cool_ms=NOW), True, WAIT, 180),
    ],
)
def test_what_a_request_may_expect(memory: Memory, can_wake: bool, verdict: str, retry: int) -> None:
    found = outlook.prospect(memory, can_wake, POLICY, NOW)
    assert (found.verdict, found.retry_seconds) == (verdict, retry)
    assert found.reason or verdict == SERVE


def test_whom_a_person_wants_awake_is_waited_for() -> None:
    memory = at(State.UNREACHABLE, cool_ms=NOW + 41_500)
    assert outlook.prospect(memory, True, POLICY, NOW, WAKE).verdict == WAIT
    assert outlook.prospect(memory, True, POLICY, NOW, SLEEP).verdict == REFUSE
    assert outlook.prospect(memory, False, POLICY, NOW, WAKE).verdict == REFUSE


def test_a_refusal_says_why_the_machine_is_not_there() -> None:
    memory = at(State.UNREACHABLE, cool_ms=NOW + 1)._replace(reason="no answer within 180 s")
    assert outlook.prospect(memory, True, POLICY, NOW).reason == "no answer within 180 s"


@pytest.mark.parametrize(
    ("memory", "facts", "text", "in_seconds"),
    [
        (at(State.AWAKE, 10), Facts(), "sleeps unless it is used", 890),
        (at(State.AWAKE, 10, used_ms=NOW), Facts(), "sleeps unless it is used", 900),
        (at(State.AWAKE, 9_000, busy_ms=NOW), Facts(), "sleeps unless it is used", 60),
        (at(State.AWAKE, 9_000, retry_ms=NOW + 700_000), Facts(), "sleeps unless it is used", 700),
        (at(State.AWAKE), Facts(can_sleep=False), "stays awake: nothing is set that may put it to sleep", None),
        (at(State.AWAKE), Facts(permanent=True), "stays awake: it is kept awake for good", None),
        (at(State.AWAKE), Facts(claims=1), "stays awake: it is used", None),
        (at(State.AWAKE, busy=("a", "b")), Facts(), "stays awake: a; b", None),
        (at(State.ASLEEP), Facts(), "is woken by the first request", None),
        (at(State.ASLEEP), Facts(can_wake=False), "stays asleep: nothing is set that may wake it", None),
        (at(State.UNREACHABLE), Facts(can_wake=False), "is looked at again and again", None),
        (at(State.UNREACHABLE, cool_ms=NOW + 5_000), Facts(), "may be woken again", 5),
        (at(State.UNREACHABLE), Facts(), "is woken by the next request", None),
        (at(State.WAKING, 80), Facts(), "is given up unless it answers", 100),
        (at(State.DRAINING, 2), Facts(), "is ordered to sleep unless somebody comes", 3),
        (at(State.STOPPING, 20), Facts(), "counts as still awake unless it is gone", 100),
    ],
)
def test_what_people_are_told_comes_next(memory: Memory, facts: Facts, text: str, in_seconds: int | None) -> None:
    found = outlook.outlook(memory, facts, POLICY, NOW)
    assert found.text.startswith(text)
    assert found.at_ms == (None if in_seconds is None else NOW + in_seconds * 1000)


@pytest.mark.parametrize(
    ("state", "asked", "can", "said"),
    [
        (State.AWAKE, SLEEP, True, "goes to sleep, if a last look finds nothing against it"),
        (State.AWAKE, FORCE, True, "is ordered to sleep now"),
        (State.ASLEEP, WAKE, True, "is woken now"),
        (State.UNREACHABLE, WAKE, True, "is woken now"),
        (State.ASLEEP, WAKE, False, "stays asleep: nothing is set that may wake it"),
        (State.ASLEEP, SLEEP, True, "is woken by the first request"),
        (State.AWAKE, SLEEP, False, "stays awake: nothing is set that may put it to sleep"),
    ],
)
def test_what_was_asked_comes_next(state: State, asked: str, can: bool, said: str) -> None:
    facts = Facts(asked=asked, can_wake=can, can_sleep=can)
    assert outlook.outlook(at(state), facts, POLICY, NOW).text == said
