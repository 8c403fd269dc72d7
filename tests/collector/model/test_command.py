"""Which state of a command may follow which."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.model.command import (
    OPEN,
    PATIENCE_SECONDS,
    RUNS_MAX,
    Command,
    CommandState,
    after_result,
    is_over,
    runs_with,
    to_hand_out,
    why_expired,
)
from wakeful_wire.push import RESULT_STATES

ASKED = Command("cmd-1", 1, "wake", {}, "changes", "user:ada", 1_000, 61_000)
STATES = st.sampled_from(list(CommandState))
COMMANDS = st.builds(
    Command,
    id=st.just("cmd-1"),
    host_key=st.just(1),
    action=st.just("wake"),
    arguments=st.just({}),
    danger=st.just("changes"),
    principal=st.just("user:ada"),
    requested_ms=st.just(1_000),
    expires_ms=st.integers(1_000, 100_000),
    state=STATES,
    delivered_ms=st.none() | st.integers(1_000, 100_000),
    runs=st.dictionaries(st.sampled_from(["run-1", "run-2"]), st.integers(0, 3)),
    answered=st.booleans(),
)


def delivered(run: str = "run-1", sequence: int = 4) -> Command:
    return replace(ASKED, state=CommandState.DELIVERED, delivered_ms=2_000, runs={run: sequence})


def test_it_is_handed_out_once_in_a_run() -> None:
    assert to_hand_out(ASKED, "run-1", 4, 2_000)
    assert not to_hand_out(delivered(), "run-1", 5, 3_000)


def test_it_is_handed_out_again_when_the_push_comes_again_or_the_agent_started_anew() -> None:
    assert to_hand_out(delivered(), "run-1", 4, 3_000)
    assert to_hand_out(delivered(), "run-2", 0, 3_000)


def test_an_old_run_that_speaks_again_and_the_new_one_do_not_take_it_from_each_other() -> None:
    both = replace(delivered(), runs=runs_with(delivered(), "run-2", 0))
    assert both.runs == {"run-1": 4, "run-2": 0}
    assert not to_hand_out(both, "run-1", 5, 3_000)
    assert not to_hand_out(both, "run-2", 1, 3_000)


def test_runs_are_remembered_within_bounds() -> None:
    one = delivered("run-old")
    for number in range(RUNS_MAX):
        one = replace(one, runs=runs_with(one, f"run-{number}", number))
    assert len(one.runs) == RUNS_MAX
    assert "run-old" not in one.runs


def test_a_clock_that_is_set_back_lets_nothing_be_done_long_after() -> None:
    ahead = replace(ASKED, requested_ms=90_000_000, expires_ms=90_060_000)
    assert not to_hand_out(ahead, "run-1", 4, 2_000)
    assert is_over(ahead, 2_000)
    assert is_over(replace(ahead, state=CommandState.DELIVERED, delivered_ms=90_000_000), 2_000)
    assert not is_over(replace(ahead, state=CommandState.DONE), 2_000)
    assert to_hand_out(ahead, "run-1", 4, 89_500_000), "a clock that is set right by minutes takes nothing back"
    assert not is_over(ahead, 89_500_000)


def test_it_is_not_handed_out_once_its_time_is_over() -> None:
    assert not to_hand_out(ASKED, "run-1", 4, 61_000)
    assert not to_hand_out(delivered(), "run-2", 0, 61_000)


def test_what_nobody_was_told_of_is_over_at_its_expiry_and_the_rest_is_waited_for() -> None:
    assert not is_over(ASKED, 60_999)
    assert is_over(ASKED, 61_000)
    assert not is_over(delivered(), 61_000 + PATIENCE_SECONDS * 1000 - 1)
    assert is_over(delivered(), 61_000 + PATIENCE_SECONDS * 1000)
    assert why_expired(ASKED) != why_expired(delivered())


def test_a_result_that_is_late_corrects_what_was_held_for_expired_once() -> None:
    expired = replace(delivered(), state=CommandState.EXPIRED)
    assert after_result(expired, "done") is CommandState.DONE
    assert after_result(replace(expired, answered=True), "done") is None
    assert after_result(replace(ASKED, state=CommandState.EXPIRED), "done") is None


@pytest.mark.parametrize(
    ("data", "summary"),
    [
        ({"summary": "restarted", "reason": "x"}, "restarted"),
        ({"reason": "not permitted"}, "not permitted"),
        ({"error": "x" * 5_000}, "x" * 1_000),
        ({"summary": ["no", "text"]}, ""),
        ({}, ""),
    ],
)
def test_the_summary_is_what_was_said_of_the_end(data: dict[str, object], summary: str) -> None:
    assert replace(ASKED, data=data).summary == summary


@given(COMMANDS, st.sampled_from(["run-1", "run-2"]), st.integers(0, 3), st.integers(0, 200_000))
def test_only_what_is_open_and_in_time_is_handed_out(one: Command, run: str, sequence: int, now_ms: int) -> None:
    if to_hand_out(one, run, sequence, now_ms):
        assert one.state in OPEN
        assert now_ms < one.expires_ms
        assert one.runs.get(run, sequence) == sequence
        handed = replace(one, runs=runs_with(one, run, sequence))
        assert not to_hand_out(handed, run, sequence + 1, now_ms)
        assert to_hand_out(handed, run, sequence, now_ms)


@given(COMMANDS, st.sampled_from(RESULT_STATES))
def test_the_ends_are_ends(one: Command, told: str) -> None:
    found = after_result(one, told)
    if one.state in {CommandState.DONE, CommandState.FAILED, CommandState.REFUSED, CommandState.CANCELLED}:
        assert found is None
    if found is not None:
        assert found == told
        assert one.delivered_ms is not None


@given(COMMANDS, st.integers(0, 10_000_000))
def test_an_end_is_never_over_again(one: Command, now_ms: int) -> None:
    if is_over(one, now_ms):
        assert one.is_open
        assert now_ms >= one.expires_ms
        assert not to_hand_out(one, "run-9", 0, now_ms)
