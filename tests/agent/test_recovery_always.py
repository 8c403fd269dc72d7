"""What holds of recovery whatever happens, in whatever order."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from wakeful_agent.standing import ACTING, WATCHING, shift
from wakeful_agent.watch import DOWN, STATES, UP

from .course import Course

STEP = st.one_of(
    st.tuples(st.just("see"), st.sampled_from(STATES)),
    st.tuples(st.just("after"), st.floats(0, 900)),
    st.tuples(st.just("after"), st.floats(0, 15)),
    st.tuples(st.just("acted"), st.booleans()),
    st.tuples(st.just("restart"), st.none()),
)
PERSON = st.one_of(st.tuples(st.sampled_from(["pause", "resume", "repair"]), st.none()))
POLICY = st.builds(
    dict,
    attempts=st.integers(1, 6),
    window_ms=st.integers(10_000, 3_600_000),
    debounce_ms=st.integers(0, 60_000),
    backoff_ms=st.integers(1_000, 120_000),
    verify_ms=st.integers(1_000, 120_000),
    steady_ms=st.integers(0, 120_000),
    respect_stop=st.booleans(),
    dry_run=st.sampled_from([False, False, False, True]),
)


def driven(course: Course, steps: list[tuple[str, Any]]) -> Course:
    for name, argument in steps:
        course.now_ms += 1  # no two incidents begin in one millisecond with one random number
        getattr(course, name)(*([] if argument is None else [argument]))
    return course


@settings(max_examples=300, deadline=None)
@given(POLICY, st.lists(STEP, max_size=60), st.floats(0, 1))
def test_no_window_ever_holds_more_attempts_than_the_budget(
    policy: dict[str, Any], steps: list[tuple[str, Any]], fraction: float
) -> None:
    course = driven(Course(fraction, **policy), steps)
    times = [at for at, _ in course.acts]
    for at in times:
        assert sum(1 for one in times if at <= one < at + policy["window_ms"]) <= policy["attempts"]
    assert course.state.attempts == len(times)
    if policy["dry_run"]:
        assert not times


@settings(max_examples=300, deadline=None)
@given(POLICY, st.lists(STEP, max_size=60))
def test_nothing_is_done_but_on_what_is_down(policy: dict[str, Any], steps: list[tuple[str, Any]]) -> None:
    course = Course(**policy)
    for step in steps:
        before = len(course.acts)
        driven(course, [step])
        if len(course.acts) > before:
            assert course.state.sight == DOWN
            assert course.state.phase == ACTING
            assert len(course.acts) == before + 1


@settings(max_examples=300, deadline=None)
@given(POLICY, st.lists(st.one_of(STEP, PERSON), max_size=60))
def test_an_incident_is_opened_once_escalated_at_most_once_and_closed_once(
    policy: dict[str, Any], steps: list[tuple[str, Any]]
) -> None:
    course = driven(Course(**policy), steps)
    incidents: dict[str, list[str]] = {}
    for kind, data in course.told:
        if data["incident"] and kind not in ("watch.blind", "watch.sighted"):
            incidents.setdefault(data["incident"], []).append(kind)
    for kinds in incidents.values():
        openers = [kind for kind in kinds if kind in ("watch.down", "watch.held")]
        assert openers
        assert kinds.count("watch.down") <= 1
        closers = [kind for kind in kinds if kind in ("watch.up", "watch.stopped")]
        assert len(closers) <= 1
        if closers:
            assert kinds[-1] in closers
    if not any(name in ("resume", "repair") for name, _ in steps):
        assert all(kinds.count("recovery.given_up") <= 1 for kinds in incidents.values())


@settings(max_examples=300, deadline=None)
@given(POLICY, st.lists(STEP, max_size=60))
def test_between_a_failed_attempt_and_the_next_lies_the_backoff(
    policy: dict[str, Any], steps: list[tuple[str, Any]]
) -> None:
    course, failed_ms = Course(**policy), None
    for step in steps:
        acts, told = len(course.acts), len(course.told)
        driven(course, [step])
        if len(course.acts) > acts and failed_ms is not None:
            assert course.now_ms - failed_ms >= min(policy["backoff_ms"], 600_000)
        kinds = [kind for kind, _ in course.told[told:]]
        failed_ms = course.now_ms if "recovery.failed" in kinds else failed_ms
        failed_ms = None if {"watch.up", "watch.stopped"} & set(kinds) else failed_ms


@settings(max_examples=200, deadline=None)
@given(POLICY, st.lists(st.one_of(STEP, PERSON), max_size=30), STEP, st.integers(0, 10**12))
def test_a_set_clock_changes_no_decision(
    policy: dict[str, Any], steps: list[tuple[str, Any]], last: tuple[str, Any], by_ms: int
) -> None:
    first = driven(Course(**policy), steps)
    second = Course(**policy)
    second.state, second.now_ms = shift(first.state, by_ms), first.now_ms + by_ms
    acts, told = len(first.acts), len(first.told)
    driven(first, [last])
    driven(second, [last])
    assert shift(first.state, by_ms)._replace(incident="", blind="") == second.state._replace(incident="", blind="")
    assert len(first.acts) - acts == len(second.acts)
    assert [kind for kind, _ in first.told[told:]] == [kind for kind, _ in second.told]


@settings(max_examples=200, deadline=None)
@given(POLICY, st.lists(st.one_of(STEP, PERSON), max_size=60))
def test_what_stays_up_is_told_so_and_what_stays_down_reaches_an_end(
    policy: dict[str, Any], steps: list[tuple[str, Any]]
) -> None:
    course = driven(Course(**policy), steps)
    if course.state.phase == ACTING:
        course.acted()
    course.resume().see(UP).after(200).see(UP).after(200)
    assert course.state.phase == WATCHING
    assert course.state.incident == ""
