"""Recovery is decided by pure functions: each rule by an example, and what must hold always by properties."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wakeful_agent import recovery
from wakeful_agent.decision import Act, Policy, Tell
from wakeful_agent.standing import (
    ACTING,
    BLOCKED,
    GIVEN_UP,
    LEFT,
    PAUSED,
    REHEARSED,
    SETTLING,
    STEADYING,
    VERIFYING,
    WAITING,
    WATCHING,
    State,
    document,
    parse,
    shift,
)
from wakeful_agent.watch import DOWN, HELD, STARTING, STATES, STOPPED, UNKNOWN, UP, Sight

T0 = 1_763_716_800_000


class Course:
    """One watch over time, as a keeper would drive it; collects what was decided."""

    def __init__(self, fraction: float = 0.0, **policy: Any) -> None:
        self.policy = Policy(**policy)
        self.state = State()
        self.now_ms = T0
        self.fraction = fraction
        self.acts: list[tuple[int, Act]] = []
        self.told: list[tuple[str, dict[str, Any]]] = []

    def take(self, decided: tuple[State, list[Any]]) -> None:
        self.state, decisions = decided
        for one in decisions:
            if isinstance(one, Act):
                self.acts.append((self.now_ms, one))
            else:
                assert isinstance(one, Tell)
                self.told.append((one.kind, one.data))

    def see(self, state: str, detail: str = "", data: dict[str, Any] | None = None) -> Course:
        self.take(recovery.see(self.state, Sight(state, detail, data or {}), self.policy, self.now_ms, self.fraction))
        return self

    def after(self, seconds: float) -> Course:
        self.now_ms += round(seconds * 1000)
        self.take(recovery.tick(self.state, self.policy, self.now_ms, self.fraction))
        return self

    def acted(self, done: bool = True, summary: str = "start was asked for") -> Course:
        self.take(recovery.acted(self.state, done, summary, self.policy, self.now_ms, self.fraction))
        return self

    def pause(self, seconds: float = 0) -> Course:
        until_ms = self.now_ms + round(seconds * 1000) if seconds else 0
        self.take(recovery.pause(self.state, until_ms, self.policy, self.now_ms, "upgrade"))
        return self

    def resume(self) -> Course:
        self.take(recovery.resume(self.state, self.policy, self.now_ms, self.fraction))
        return self

    def repair(self) -> Course:
        self.take(recovery.repair(self.state, self.policy, self.now_ms, self.fraction))
        return self

    def restart(self) -> Course:
        kept = parse(json.loads(json.dumps(document(self.state))))
        self.take(recovery.revive(kept, self.policy, self.now_ms, self.fraction))
        return self

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told]

    def data(self, kind: str) -> dict[str, Any]:
        return [data for told, data in self.told if told == kind][-1]


def fallen(**policy: Any) -> Course:
    """A watch that was up and has just been acted on."""
    return Course(**policy).see(UP).after(60).see(DOWN, "exit code 1").after(5)


def test_what_falls_is_started_after_the_debounce_and_told_once_it_stayed_up() -> None:
    course = Course().see(UP).after(60).see(DOWN, "exit code 1").after(4.9)
    assert course.state.phase == SETTLING
    assert not course.acts
    assert not course.told
    course.after(0.1)
    assert course.acts == [(T0 + 65_000, Act(1, 5))]
    assert course.kinds == ["watch.down"]
    assert course.data("watch.down")["detail"] == "exit code 1"
    course.after(2).acted().see(STARTING).after(3).see(UP).after(26.9)
    assert course.state.phase == STEADYING
    assert course.kinds == ["watch.down", "recovery.attempted"]
    course.after(0.1)
    assert course.state.phase == WATCHING
    assert course.kinds == ["watch.down", "recovery.attempted", "recovery.succeeded", "watch.up"]
    assert course.data("recovery.attempted") | {"incident": ""} == {
        "incident": "",
        "attempt": 1,
        "of": 5,
        "summary": "start was asked for",
    }
    assert course.data("recovery.succeeded")["attempts"] == 1
    assert course.data("watch.up")["seconds_down"] == 2
    assert course.data("watch.up")["by"] == "recovery"
    assert len({data["incident"] for _, data in course.told}) == 1
    assert course.state.incident == ""


def test_two_incidents_have_two_ids() -> None:
    course = fallen().acted().see(UP).after(30).see(DOWN).after(5)
    ids = [data["incident"] for kind, data in course.told if kind == "watch.down"]
    assert len(set(ids)) == 2
    assert all(ids)


def test_a_blip_within_the_debounce_is_no_incident() -> None:
    course = Course().see(UP).after(1).see(DOWN).after(0.1).see(STARTING).after(100)
    assert not course.acts
    assert not course.told
    assert course.state.phase == WATCHING


def test_what_is_down_at_the_first_look_is_started() -> None:
    assert len(Course().see(DOWN).after(5).acts) == 1


def test_a_crash_loop_of_four_offlines_in_ten_seconds_gives_one_start_and_a_backoff() -> None:
    course = Course(debounce_ms=0).see(UP).after(1)
    for _ in range(4):
        course.see(DOWN)
        if course.state.phase == ACTING:
            course.acted()
        course.after(1).see(STARTING).after(1.5)
    assert len(course.acts) == 1
    assert course.state.phase in (WAITING, STEADYING)
    course.see(DOWN).after(9)
    assert len(course.acts) == 1
    course.after(1)
    assert len(course.acts) == 2


@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_waits_double_with_jitter_up_to_the_most(fraction: float) -> None:
    policy = Policy()
    waits = [recovery.backoff_ms(number, policy, fraction) for number in range(1, 12)]
    assert waits[:3] == [round(one * (1 + 0.25 * fraction)) for one in (10_000, 20_000, 40_000)]
    assert max(waits) == waits[-1] == 600_000
    assert recovery.backoff_ms(10_000, policy, 0.5) == 600_000


def test_an_attempt_that_brings_nothing_is_failed_when_its_time_is_over() -> None:
    course = fallen().acted().after(59.9)
    assert course.state.phase == VERIFYING
    course.after(0.1)
    assert course.state.phase == WAITING
    assert course.data("recovery.failed")["why"] == "it did not come up within 60 s"
    assert course.state.due_ms == course.now_ms + 10_000


def test_an_attempt_that_could_not_be_made_is_failed_at_once() -> None:
    course = fallen().acted(False, "the panel answers 502")
    assert course.state.phase == WAITING
    assert course.data("recovery.failed")["why"] == "the panel answers 502"


def test_what_comes_up_and_falls_again_has_failed() -> None:
    course = fallen().acted().see(UP).after(12).see(DOWN)
    assert course.data("recovery.failed")["why"] == "it came up and fell again after 12 s"
    assert course.state.phase == WAITING


def test_a_fall_while_the_attempt_is_made_fails_it() -> None:
    course = fallen().see(STARTING).after(1).see(DOWN).after(1).acted()
    assert course.data("recovery.failed")["why"] == "it came up and fell again"


def test_the_fall_that_brought_the_attempt_does_not_fail_it() -> None:
    assert Course(debounce_ms=0).see(UP).see(DOWN).acted().state.phase == VERIFYING


def test_what_is_seen_up_while_the_attempt_is_made_counts() -> None:
    assert fallen().see(UP).after(1).acted().state.phase == STEADYING


def test_starting_for_ever_is_up() -> None:
    course = fallen().acted().see(STARTING).after(30)
    assert course.kinds[-1] == "watch.up"
    assert course.after(100_000).state.phase == WATCHING


def spent(**policy: Any) -> Course:
    """A watch that was given up."""
    course = fallen(**policy)
    for _ in range(20):
        if course.state.phase == GIVEN_UP:
            break
        course.acted(False, "no").after(700)
    return course


def test_it_gives_up_when_the_budget_is_spent_and_calls_a_person_once() -> None:
    course = spent(window_ms=100_000_000)
    assert len(course.acts) == 5
    assert course.kinds.count("recovery.given_up") == 1
    given_up = course.data("recovery.given_up")
    assert given_up["attempts"] == 5
    assert given_up["story"][0] == "after 0 s: it is down: exit code 1"
    assert any("attempt 5 of 5: no" in sentence for sentence in given_up["story"])
    for _ in range(20):
        course.see(DOWN).after(3600)
    assert len(course.acts) == 5
    assert course.kinds.count("recovery.given_up") == 1


def test_after_giving_up_it_is_told_when_it_comes_back_by_itself() -> None:
    course = spent(window_ms=100_000_000).see(UP).after(30)
    assert course.kinds[-1] == "watch.up"
    assert "recovery.succeeded" not in course.kinds
    assert course.data("watch.up")["by"] == "itself"
    assert course.data("watch.up")["incident"] == course.data("watch.down")["incident"]


def test_a_short_life_after_giving_up_calls_nobody_again() -> None:
    course = spent(window_ms=100_000_000).see(UP).after(10).see(DOWN)
    assert course.state.phase == GIVEN_UP
    assert course.kinds.count("recovery.given_up") == 1
    assert course.kinds.count("watch.up") == 0


def test_the_budget_is_not_given_back_by_a_success() -> None:
    course = Course(backoff_ms=1_000, attempts=2).see(UP)
    for _ in range(3):
        course.see(DOWN).after(5).acted().see(UP).after(30)
    assert len(course.acts) == 2
    assert course.kinds.count("recovery.given_up") == 1
    assert course.kinds[-1] == "watch.up"


def test_the_budget_comes_back_with_time() -> None:
    course = Course(attempts=1, window_ms=600_000).see(UP)
    for _ in range(3):
        course.after(600).see(DOWN).after(5).acted().see(UP).after(30)
    assert len(course.acts) == 3
    assert "recovery.given_up" not in course.kinds


def test_a_person_may_have_it_repaired_with_a_whole_budget() -> None:
    course = spent(window_ms=100_000_000).repair()
    assert course.acts[-1] == (course.now_ms, Act(1, 5))
    course.acted().see(UP).after(30)
    assert course.kinds[-2:] == ["recovery.succeeded", "watch.up"]


def test_a_person_may_repair_what_nobody_can_tell_and_what_was_stopped() -> None:
    assert len(Course().see(UNKNOWN).repair().acts) == 1
    course = Course().see(UP).see(STOPPED).repair()
    assert len(course.acts) == 1
    assert course.acted().see(UP).after(30).state.phase == WATCHING


@pytest.mark.parametrize(
    ("course", "why"),
    [
        (Course().see(UP), "it is up"),
        (Course().see(HELD, "the disk is full"), "it is held: the disk is full"),
        (Course().see(DOWN).pause(), "it is paused: resume it first"),
        (fallen(), "an attempt is being made now"),
    ],
)
def test_a_wish_to_repair_is_refused_with_the_reason(course: Course, why: str) -> None:
    assert recovery.why_not_repair(course.state) == why
    acts = len(course.acts)
    assert len(course.repair().acts) == acts


def test_what_is_held_is_never_fought_and_told_once() -> None:
    course = Course().see(UP).see(HELD, "suspended").see(HELD, "suspended").after(10_000)
    assert not course.acts
    assert course.kinds == ["watch.held"]
    assert course.state.phase == BLOCKED
    course.see(UP).after(30)
    assert course.kinds == ["watch.held", "watch.up"]
    assert course.data("watch.up")["incident"] == course.data("watch.held")["incident"] != ""


def test_what_is_held_no_longer_and_down_is_started() -> None:
    course = Course().see(HELD).after(60).see(DOWN).after(5)
    assert len(course.acts) == 1
    assert course.kinds == ["watch.held", "watch.down"]


def test_what_becomes_held_in_an_attempt_is_not_fought_on() -> None:
    course = fallen().see(HELD, "installing").acted().after(10_000)
    assert len(course.acts) == 1
    assert course.state.phase == BLOCKED


def test_a_persons_stop_is_respected_over_reconnects_and_restarts() -> None:
    course = Course().see(UP).see(STOPPED, "stopped by ada").after(60).see(UNKNOWN).see(DOWN).restart()
    course.see(DOWN).after(60).see(STOPPED).after(600)
    assert not course.acts
    assert course.kinds == ["watch.stopped"]
    assert course.state.phase == LEFT
    course.see(UP).after(60)
    assert course.kinds == ["watch.stopped", "watch.up"]
    assert len(course.see(DOWN).after(5).acts) == 1


def test_a_stop_is_remembered_over_a_pause() -> None:
    course = Course().see(UP).see(STOPPED).pause().see(DOWN).resume().after(600)
    assert course.state.phase == LEFT
    assert not course.acts


def test_a_stop_ends_the_incident() -> None:
    course = fallen().acted().see(STOPPED)
    assert course.data("watch.stopped")["incident"] == course.data("watch.down")["incident"]
    assert course.state.incident == ""


def test_a_stop_is_a_fall_where_it_is_not_to_be_respected() -> None:
    assert len(Course(respect_stop=False).see(UP).see(STOPPED).after(5).acts) == 1


def test_a_stop_is_not_remembered_when_it_is_respected_no_longer() -> None:
    course = Course().see(UP).see(STOPPED)
    course.policy = Policy(respect_stop=False)
    assert len(course.see(DOWN).after(5).acts) == 1


def test_nothing_is_done_on_what_nobody_can_tell() -> None:
    course = Course().see(UP).see(DOWN).after(2).see(UNKNOWN, "the panel is away").after(500)
    assert not course.acts
    assert not course.told
    course.see(DOWN).after(5)
    assert len(course.acts) == 1


def test_that_nobody_can_tell_is_told_once_when_it_lasts() -> None:
    course = Course().see(UP).see(UNKNOWN, "the panel is away").after(599).see(UNKNOWN, "the panel is away")
    assert not course.told
    course.after(1).see(UNKNOWN, "still").after(3600)
    assert course.kinds == ["watch.blind"]
    assert course.data("watch.blind")["detail"] == "the panel is away"
    course.see(UP).see(UNKNOWN).after(599).see(UP)
    assert course.kinds == ["watch.blind", "watch.sighted"]
    assert course.data("watch.sighted") == {"incident": course.data("watch.blind")["incident"]}
    assert course.state.incident == ""


def test_what_a_person_must_see_to_is_told_at_once_but_not_in_a_pause() -> None:
    course = Course().see(UNKNOWN, "the panel refuses the key", {"trouble": "key"})
    assert course.data("watch.blind")["trouble"] == "key"
    paused = Course().pause().see(UNKNOWN, "the panel refuses the key", {"trouble": "key"}).after(3600)
    assert paused.kinds == ["watch.paused"]
    assert paused.resume().after(0).kinds == ["watch.paused", "watch.resumed", "watch.blind"]


def test_a_backoff_that_ended_while_nobody_could_tell_ends_when_it_is_known() -> None:
    course = fallen().acted(False, "no").see(UNKNOWN).after(100)
    assert course.state.due_ms == 0
    assert len(course.see(DOWN).acts) == 2


def test_an_attempt_is_judged_when_it_can_be_told_again() -> None:
    course = fallen().acted().see(UNKNOWN).after(100)
    assert course.state.phase == VERIFYING
    assert "recovery.failed" not in course.kinds
    assert course.see(DOWN).kinds[-1] == "recovery.failed"
    course = fallen().acted().see(UP).after(10).see(UNKNOWN).after(100)
    assert course.state.phase == STEADYING
    assert course.see(UP).after(30).kinds[-1] == "watch.up"


def test_what_comes_up_by_itself_in_the_backoff_and_falls_again_waits_on() -> None:
    course = fallen().acted(False, "no").after(1).see(UP).after(5).see(DOWN)
    assert course.state.phase == SETTLING
    assert course.state.due_ms == course.now_ms + 10_000
    assert len(course.after(10).acts) == 2


def test_flapping_is_told_once_and_lengthens_the_waits() -> None:
    course = Course(debounce_ms=2_000).see(UP)
    for _ in range(8):
        course.see(DOWN).after(1).see(UP).after(5)
    assert course.kinds == ["recovery.flapping"]
    assert course.data("recovery.flapping")["falls"] == 5
    assert course.state.flapping
    course.see(DOWN).after(2).acted().see(UP).after(30)
    assert course.state.round == 1
    course.see(DOWN).after(9)
    assert len(course.acts) == 1
    assert len(course.after(1).acts) == 2
    course.acted().see(UP).after(3600).see(DOWN).after(60).acted().see(UP).after(30)
    assert not course.state.flapping
    assert course.state.round == 0


def test_a_pause_is_silence_until_it_ends_by_itself() -> None:
    course = Course().see(UP).pause(600)
    assert course.state.phase == PAUSED
    course.see(DOWN).see(UP).see(DOWN).after(599)
    assert course.kinds == ["watch.paused"]
    assert course.data("watch.paused")["why"] == "upgrade"
    course.after(1)
    assert course.kinds == ["watch.paused", "watch.resumed"]
    assert len(course.after(5).acts) == 1


def test_a_pause_is_told_once_and_may_be_made_longer() -> None:
    course = Course().see(UP).pause().pause().resume().resume()
    assert course.kinds == ["watch.paused", "watch.resumed"]
    course.pause(60).pause(600).after(60)
    assert course.state.paused
    assert course.after(540).state.phase == WATCHING


def test_an_attempt_that_is_under_way_ends_in_the_pause() -> None:
    course = fallen().pause()
    assert course.state.phase == ACTING
    course.acted(False, "no").after(10_000)
    assert course.state.phase == PAUSED
    assert len(course.acts) == 1


def test_an_incident_ends_after_a_pause_when_it_is_up() -> None:
    course = spent(window_ms=100_000_000).pause().see(UP).after(60).resume().after(30)
    assert course.kinds[-2:] == ["watch.resumed", "watch.up"]
    assert course.state.incident == ""


def test_a_dry_run_says_what_it_would_do_and_does_nothing() -> None:
    course = Course(dry_run=True).see(UP).see(DOWN).after(10_000)
    assert not course.acts
    assert course.kinds == ["watch.down", "recovery.attempted"]
    assert course.data("recovery.attempted")["dry_run"] is True
    assert course.state.phase == REHEARSED
    assert course.see(DOWN).after(600).see(UP).after(30).kinds[-1] == "watch.up"


def test_the_budget_survives_an_end_in_the_middle_of_an_attempt() -> None:
    course = Course(attempts=2, window_ms=10_000_000).see(UP).see(DOWN).after(5)
    assert course.state.phase == ACTING
    course.after(3).restart()
    assert course.state.phase == VERIFYING
    assert course.data("recovery.attempted")["summary"] == recovery.CUT_SHORT
    course.see(DOWN).after(60).after(10)
    assert len(course.acts) == 2
    course.restart().see(DOWN).after(60)
    assert course.state.phase == GIVEN_UP
    assert len(course.acts) == 2
    assert course.restart().see(DOWN).after(600).kinds.count("recovery.given_up") == 1


def test_what_was_awaited_is_awaited_anew_after_a_restart() -> None:
    course = fallen().acted().after(50).restart().after(50)
    assert course.state.phase == VERIFYING
    course = fallen().acted().see(UP).after(10).restart().after(600)
    assert course.state.phase == STEADYING
    assert course.see(UP).after(30).kinds[-1] == "watch.up"
    course = Course().see(UP).see(DOWN).restart().after(100)
    assert not course.acts
    assert len(course.see(DOWN).after(5).acts) == 1


def test_an_attempt_from_the_future_counts_as_one_of_now() -> None:
    course = fallen(attempts=1).acted(False, "no")
    course.now_ms -= 86_400_000
    course.restart()
    assert course.state.tried_ms == (course.now_ms,)


def test_a_clock_set_back_stretches_no_wait() -> None:
    course = fallen().acted(False, "no").see(DOWN).after(1)
    course.now_ms -= 7_200_000
    course.after(0)
    assert course.state.due_ms - course.now_ms == 9_000
    assert len(course.after(9).acts) == 2


def test_what_nobody_waits_for_changes_nothing() -> None:
    state = Course().see(UP).state
    assert recovery.acted(state, True, "late", Policy(), T0, 0.0) == (state, [])


def test_what_is_open_is_closed_when_it_is_watched_no_longer() -> None:
    course = fallen().see(UNKNOWN, "away", {"trouble": "key"})
    course.take(recovery.forget(course.state, course.policy, course.now_ms))
    assert course.kinds == ["watch.down", "watch.blind", "watch.stopped", "watch.sighted"]
    assert course.data("watch.stopped")["incident"] == course.data("watch.down")["incident"]
    assert len(course.state.tried_ms) == 1
    told = len(course.told)
    course.take(recovery.forget(course.state, course.policy, course.now_ms))
    assert len(course.told) == told


# ---- what holds always

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
