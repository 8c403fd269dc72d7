"""Recovery is decided by pure functions: detect, act, verify, back off, give up."""

from __future__ import annotations

import pytest

from wakeful_agent import recovery
from wakeful_agent.decision import Act
from wakeful_agent.standing import ACTING, BLOCKED, GIVEN_UP, LEFT, SETTLING, STEADYING, VERIFYING, WAITING, WATCHING
from wakeful_agent.watch import DOWN, HELD, STARTING, STOPPED, UNKNOWN, UP

from .course import T0, Course, fallen, spent


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
    assert course.data("watch.up")["seconds_down"] == 7, "from when it was first seen"
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


@pytest.mark.parametrize(
    ("seen", "phase", "told"),
    [
        (UP, STEADYING, "watch.up"),
        (STARTING, STEADYING, "watch.up"),
        (HELD, BLOCKED, "watch.held"),
        (STOPPED, LEFT, ""),
    ],
)
def test_what_is_seen_during_an_attempt_that_could_not_be_made_counts(seen: str, phase: str, told: str) -> None:
    course = fallen().see(seen, "it is so").acted(False, "nobody answered")
    assert course.state.phase == phase
    course.after(100)
    assert course.kinds[-1] == (told or "watch.stopped")
    assert bool(course.state.incident) == (seen == HELD)
    assert len(course.acts) == 1


def test_what_came_up_during_an_attempt_and_fell_and_is_up_is_over_in_time() -> None:
    course = fallen().after(1).see(UP).after(1).see(DOWN).after(1).see(UP).acted()
    assert course.state.phase == STEADYING
    assert course.after(30).kinds[-1] == "watch.up"


def test_what_a_person_stopped_and_was_held_then_is_over_when_it_is_up() -> None:
    course = Course().see(UP).after(1).see(STOPPED).after(1).see(HELD, "suspended").after(1).see(UP)
    assert course.kinds == ["watch.stopped", "watch.held", "watch.up"]
    assert course.data("watch.up")["incident"] == course.data("watch.held")["incident"]
    assert course.state.incident == ""
    course.see(DOWN).after(5)
    assert course.data("watch.down")["incident"] != course.data("watch.held")["incident"]


def test_flapping_of_days_ago_delays_nothing() -> None:
    course = Course(attempts=50)
    for _ in range(8):
        course.see(UP).after(31).see(DOWN)
        while course.state.phase != ACTING:
            course.after(1)
        course.acted()
    course.see(UP).after(31)
    assert course.state.flapping
    assert course.state.round > 3
    course.after(3 * 86_400).see(DOWN)
    assert not course.state.flapping
    assert course.state.due_ms == course.now_ms + 5_000


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


def test_starting_for_ever_is_up_but_takes_longer_to_count() -> None:
    course = fallen().acted().see(STARTING).after(30)
    assert "watch.up" not in course.kinds
    course.after(30)
    assert course.kinds[-1] == "watch.up"
    assert course.after(100_000).state.phase == WATCHING
    assert fallen().acted().see(STARTING).after(20).see(UP).after(10).kinds[-1] == "watch.up"


def test_it_gives_up_when_the_budget_is_spent_and_calls_a_person_once() -> None:
    course = spent(window_ms=100_000_000)
    assert len(course.acts) == 5
    assert course.kinds.count("recovery.given_up") == 1
    given_up = course.data("recovery.given_up")
    assert given_up["attempts"] == 5
    assert given_up["story"][0] == "after 5 s: it is down: exit code 1"
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
