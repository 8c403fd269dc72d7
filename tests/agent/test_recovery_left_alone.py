"""What recovery leaves alone: held, stopped, paused, not to be told; and what restarts and clocks do to it."""

from __future__ import annotations

from wakeful_agent import recovery
from wakeful_agent.decision import Policy
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
    WATCHING,
)
from wakeful_agent.watch import DOWN, HELD, STOPPED, UNKNOWN, UP

from .course import T0, Course, fallen, spent


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
