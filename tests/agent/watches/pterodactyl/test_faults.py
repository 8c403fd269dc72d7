"""Faults of panels, of Wings and of what lies between: none is taken for a server that is down, all are got over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable

from wakeful_agent.host.files import Host
from wakeful_agent.watch import DOWN, UNKNOWN, UP

if TYPE_CHECKING:
    from wakeful_agent.watches.pterodactyl.pace import Pace

HOST = Host()


def start(seen: Any) -> Any:
    return seen.watch.repair(HOST, 0)


def offline(stage: Any, seen: Any) -> Any:
    """Let it crash so that Wings leaves it off."""
    stage.server.crash_detection = False
    stage.server.crash(exit_code=137, oom=True)
    return seen.wait(DOWN)


def test_tokens_are_renewed_on_one_connection(stage: Any, watched: Any, fast: Pace, tools: dict[str, Any]) -> None:
    stage.times.token_seconds, stage.times.token_ticker_seconds = 4, 0.5
    seen = watched()
    seen.wait(UP)
    tools["until"](lambda: len(stage.wings.frames("auth")) >= 3)
    assert len(stage.wings.handshakes) == 1
    assert seen.states.count(UP) == 1
    asked = [one.at for one in stage.panel.asked("/websocket")]
    assert all(after - before >= fast.grant_spacing * 0.9 for before, after in zip(asked, asked[1:]))


def test_a_token_that_expired_is_renewed_and_what_was_missed_made_up_for(
    stage: Any, watched: Any, tools: dict[str, Any]
) -> None:
    stage.times.token_seconds = 2
    seen = watched()
    seen.wait(UP)
    stage.panel.fail(503, times=3, path="/websocket")
    tools["until"](lambda: any(one.event == "jwt error" for one in list(stage.wings.said)))
    stage.server.crash_detection = False
    stage.server.crash()
    seen.wait(DOWN)
    assert len(stage.wings.handshakes) == 1


def test_refused_tokens_are_renewed(stage: Any, watched: Any, tools: dict[str, Any]) -> None:
    seen = watched()
    seen.wait(UP)
    time.sleep(1.1)  # tokens are as old as their second
    stage.wings.deny_tokens()
    tools["until"](lambda: len(stage.wings.frames("auth")) >= 2)
    stage.server.crash_detection = False
    stage.server.crash()
    seen.wait(DOWN)


def test_clocks_that_differ_are_told_and_the_panels_word_is_taken(stage: Any, watched: Any) -> None:
    stage.panel.skew_seconds = -3600
    seen = watched()
    seen.wait(UP, "do their clocks differ")
    stage.panel.skew_seconds = 0
    seen.wait(UP, "it is running")
    assert DOWN not in seen.states


def test_wings_that_restarts_is_found_again(stage: Any, watched: Any) -> None:
    seen = watched()
    seen.wait(UP)
    stage.wings.kill()
    time.sleep(1.0)
    assert seen.wait(UNKNOWN)
    stage.wings.boot()
    seen.wait(UP, "it is running")
    assert DOWN not in seen.states


def test_a_half_open_socket_is_noticed(stage: Any, watched: Any, tools: dict[str, Any]) -> None:
    seen = watched()
    seen.wait(UP)
    stage.wings.half_open()
    tools["until"](lambda: len(stage.wings.handshakes) == 2)
    stage.server.crash_detection = False
    stage.server.crash()
    seen.wait(DOWN)


def test_garbage_does_no_harm_and_broken_frames_are_a_loss(stage: Any, watched: Any, tools: dict[str, Any]) -> None:
    seen = watched()
    seen.wait(UP)
    stage.wings.garbage()
    stage.server.say("after the garbage")
    tools["until"](lambda: "after the garbage" in seen.row()["console_tail"])
    assert len(stage.wings.handshakes) == 1
    stage.wings.break_framing(endless=True)
    tools["until"](lambda: len(stage.wings.handshakes) == 2)
    assert "trouble" not in seen.last.data


def test_a_token_for_another_server_is_not_used(stage: Any, watched: Any) -> None:
    stage.panel.foreign = stage.add_server("creative", owner=stage.kim)
    seen = watched()
    seen.wait(UNKNOWN, "another server")
    assert stage.wings.frames("auth") == []
    stage.panel.foreign = None
    seen.wait(UP)


def test_a_refused_origin_leaves_the_panels_word_and_its_button(stage: Any, watched: Any) -> None:
    stage.wings.remote = "https://panel.example.com"
    seen = watched()
    assert "set `origin`" in seen.wait(UP, "as the panel says").detail
    stage.server.crash_detection = False
    stage.server.crash()
    seen.wait(DOWN, "as the panel says")
    outcome = start(seen)
    assert outcome.done
    assert "the panel was asked" in outcome.summary
    seen.wait(UP)
    assert watched(origin="https://panel.example.com").wait(UP).detail == "it is running"


def test_a_panel_older_than_its_wings_is_told(stage: Any, watched: Any) -> None:
    stage.panel.scoped_tokens = False
    seen = watched()
    seen.wait(UP, "older than its Wings")


def test_limits_and_errors_of_the_panel_are_waited_out(stage: Any, watched: Any) -> None:
    stage.panel.fail(429, path="/websocket", headers=[("Retry-After", "1")])
    stage.panel.fail(502, path="/websocket")
    stage.wings.refuse(502)
    seen = watched()
    seen.wait(UP)
    statuses = [one.status for one in stage.panel.asked("/websocket")]
    assert statuses[:3] == [429, 502, 200]


def test_a_panel_that_is_away_does_not_end_what_is_heard(stage: Any, watched: Any) -> None:
    seen = watched()
    seen.wait(UP)
    stage.panel.shut()
    offline(stage, seen)
    assert start(seen).done
    seen.wait(UP)


def test_a_key_that_is_refused_is_a_persons_matter(stage: Any, watched: Any) -> None:
    seen = watched(key="ptlc_0000000000000000000000000000000000000000000")
    assert seen.wait(UNKNOWN, "does not know").data == {"trouble": "unauthorized"}


def test_a_login_serves_where_no_key_can_be_had(stage: Any, watched: Callable[..., Any]) -> None:
    stage.panel.captcha = False
    seen = watched(key="", username="kim", password="secret-1")
    seen.wait(UP)
    watched(key="", username="kim", password="secret-1").wait(UP)
    assert len(stage.panel.asked("/auth/login")) == 1
    wrong = watched(key="", username="kim", password="wrong")
    assert wrong.wait(UNKNOWN, "not tried again").data == {"trouble": "password"}
    assert len(stage.panel.asked("/auth/login")) == 2
