"""How a server stands: up, down and why, held, stopped by a person; unknown is never down."""

from __future__ import annotations

import pytest

from wakeful_agent import watch
from wakeful_agent.watches.pterodactyl.standing import ASKED, CRASHED, FAILED, FOUND, PERSON, Standing


def after(*states: str) -> Standing:
    standing = Standing()
    for number, state in enumerate(states):
        standing.hear(state, float(number))
    return standing


def test_nothing_heard_is_unknown() -> None:
    assert Standing().sight().state == watch.UNKNOWN


@pytest.mark.parametrize("state", ["starting", "running"])
def test_starting_and_running_are_up(state: str) -> None:
    sight = after(state).sight()
    assert (sight.state, sight.detail, sight.data) == (watch.UP, f"it is {state}", {"state": state})


@pytest.mark.parametrize("before", ["running", "starting"])
def test_offline_without_stopping_is_a_crash(before: str) -> None:
    standing = after(before)
    assert not standing.hear("offline", 5.0)
    assert standing.cause == CRASHED
    assert standing.sight().state == watch.DOWN
    assert not standing.hear("offline", 6.0)


def test_stopping_is_neither_up_nor_down() -> None:
    assert after("running", "stopping").sight().state == watch.UNKNOWN


def test_a_stop_that_was_seen_is_a_persons() -> None:
    standing = after("running", "stopping")
    assert standing.hear("offline", 5.0)
    assert standing.sight().state == watch.UNKNOWN
    standing.explain(None, stopped=True)
    assert standing.cause == PERSON
    assert standing.sight().state == watch.STOPPED


def test_a_stop_after_our_own_start_is_the_starts_failure() -> None:
    standing = after("offline")
    standing.ask_to_run(130.0, stops_first=False)
    standing.hear("starting", 11.0)
    standing.hear("stopping", 12.0)
    assert not standing.hear("offline", 13.0)
    assert standing.cause == FAILED
    assert standing.sight().state == watch.DOWN


def test_a_start_of_wings_own_that_fails_after_a_crash_is_no_persons_stop() -> None:
    standing = after("running", "offline", "starting", "stopping")
    assert not standing.hear("offline", 13.0)
    assert standing.cause == FAILED
    assert standing.sight().state == watch.DOWN
    lived = after("running", "offline", "starting")
    lived.lives()
    lived.hear("stopping", 12.0)
    assert lived.hear("offline", 13.0)


def test_a_stop_after_it_ran_is_not_the_starts_failure() -> None:
    standing = after("offline")
    standing.ask_to_run(130.0, stops_first=False)
    for state in ("starting", "running", "stopping"):
        standing.hear(state, 11.0)
    assert standing.hear("offline", 13.0)
    late = after("offline")
    late.ask_to_run(130.0, stops_first=False)
    late.hear("starting", 11.0)
    late.hear("stopping", 200.0)
    assert late.hear("offline", 201.0)


def test_a_restart_of_ours_that_does_not_start_again_is_down_and_no_persons_stop() -> None:
    standing = after("running")
    standing.ask_to_run(700.0, stops_first=True)
    for state in ("running", "stopping"):
        standing.hear(state, 11.0)
    assert not standing.hear("offline", 400.0)
    assert standing.cause == FAILED
    for state in ("starting", "running", "stopping"):
        standing.hear(state, 402.0)
    assert standing.hear("offline", 403.0)


def test_a_start_that_was_denied_explains_nothing_later() -> None:
    standing = after("running")
    standing.ask_to_run(700.0, stops_first=True)
    standing.deny("the panel forbids it")
    standing.hear("stopping", 5.0)
    assert standing.hear("offline", 6.0)


@pytest.mark.parametrize(
    ("activity", "cause"),
    [
        (["server:power.stop", "server:power.start"], PERSON),
        (["server:power.kill"], PERSON),
        (["server:power.start", "server:power.stop"], FOUND),
        (["server:power.restart"], FOUND),
        (["server:file.write"], FOUND),
        ([], FOUND),
        (None, FOUND),
    ],
)
def test_offline_at_first_sight_is_explained_by_the_log(activity: list[str] | None, cause: str) -> None:
    standing = Standing()
    assert standing.hear("offline", 0.0)
    standing.explain(activity, stopped=False)
    assert standing.cause == cause
    standing.explain(["server:power.stop"], stopped=True)
    assert standing.cause == cause


def test_a_cause_outlives_a_lost_connection() -> None:
    standing = after("running", "offline")
    standing.lose()
    assert standing.sight().state == watch.UNKNOWN
    assert not standing.hear("offline", 9.0)
    assert standing.cause == CRASHED
    running = after("running")
    running.lose()
    assert running.hear("offline", 9.0)


def test_a_complete_log_corrects_what_was_taken_for_a_stop() -> None:
    standing = after("running", "stopping", "offline")
    standing.explain(None, stopped=True)
    standing.look_again(["server:power.stop"])
    assert standing.cause == PERSON
    standing.look_again(["server:power.restart"])
    assert standing.cause == ASKED
    assert standing.sight().state == watch.DOWN


def test_what_is_held_is_never_down() -> None:
    standing = after("running", "offline")
    standing.held = "it is suspended"
    assert (standing.sight().state, standing.sight().detail) == (watch.HELD, "it is suspended")


def test_a_full_disk_holds_what_is_off() -> None:
    standing = after("running")
    standing.disk_limit_bytes, standing.disk_bytes = 100, 101.0
    assert standing.sight().state == watch.UP
    standing.hear("offline", 5.0)
    assert standing.sight().state == watch.HELD
    standing.disk_bytes = 99.0
    assert standing.sight().state == watch.DOWN
    standing.disk_told_full = True
    assert "disk is full" in standing.sight().detail
    standing.hear("running", 6.0)
    assert not standing.disk_full


def test_a_start_that_was_refused_is_told_with_it() -> None:
    standing = after("running", "offline")
    standing.denied = "the panel forbids to start the server (403)"
    assert "the last start: the panel forbids" in standing.sight().detail
    standing.hear("starting", 3.0)
    assert standing.denied == ""


def test_trouble_is_told_while_nothing_is_known_and_beside_what_the_panel_says() -> None:
    standing = Standing()
    standing.suffer("origin", "Wings does not take the Origin")
    assert standing.sight() == watch.Sight(watch.UNKNOWN, "Wings does not take the Origin", {"trouble": "origin"})
    standing.hear("running", 1.0)
    assert standing.sight().detail == "it is running"
    standing.hearsay = True
    assert standing.sight().detail == "it is running (as the panel says: Wings does not take the Origin)"
    standing.recover()
    assert standing.sight().detail == "it is running"


def test_only_what_a_person_must_see_to_is_named() -> None:
    standing = Standing()
    standing.suffer("socket", "nothing listens")
    assert standing.sight() == watch.Sight(watch.UNKNOWN, "nothing listens", {})
