"""A conversation about one server: what is heard becomes how it stands, and what is to be done."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from wakeful_agent import watch
from wakeful_agent.network import panel_answer as answers
from wakeful_agent.network.panel_answer import Grant, PanelError, View
from wakeful_agent.watches.pterodactyl.conversation import Conversation
from wakeful_agent.watches.pterodactyl.frames import Frame, parse_frame
from wakeful_agent.watches.pterodactyl.orders import (
    ACTIVITY,
    CLOSE,
    GRANT,
    LOGS,
    OPEN,
    POWER,
    RESOURCES,
    SEND,
    VIEW,
    Order,
)
from wakeful_agent.watches.pterodactyl.pace import Pace

PACE = Pace()
UUID = "1a7ce997-259b-452e-8b4e-cecc464142ca"
SEEN = View(UUID, "Survival", "node-1", 0, "", ("*",))
CLAIMS = base64.urlsafe_b64encode(json.dumps({"iat": 0, "exp": 600, "server_uuid": UUID}).encode()).decode().rstrip("=")
TOKEN = Grant(f"a.{CLAIMS}.c", f"wss://node:8080/api/servers/{UUID}/ws")


def verbs(orders: list[Order]) -> list[str]:
    return [order.verb for order in orders]


def connected(state: str = "", at: float = 0.0) -> Conversation:
    said = Conversation(PACE, lambda: 0.5)
    said.begin(at, 0.0)
    assert verbs(said.tick(at)) == [VIEW]
    assert verbs(said.viewed(SEEN, at)) == [GRANT]
    assert verbs(said.granted(TOKEN, at)) == [OPEN]
    assert verbs(said.opened(at)) == [SEND]
    said.heard(Frame("auth success"), at)
    if state:
        said.heard(Frame("status", state), at)
    return said


def stands(said: Conversation) -> str:
    return said.standing.sight().state


def test_a_running_server_is_up_and_its_last_lines_are_asked_for() -> None:
    said = connected()
    assert verbs(said.heard(Frame("status", "running"), 0.1)) == [LOGS]
    assert said.heard(Frame("status", "running"), 0.2) == []
    assert stands(said) == watch.UP


def test_a_crash_is_down_at_once_and_looked_at() -> None:
    said = connected("running")
    assert verbs(said.heard(Frame("status", "offline"), 5.0)) == [VIEW]
    assert stands(said) == watch.DOWN
    said.heard(Frame("status", "starting"), 5.1)
    assert stands(said) == watch.UP


def test_a_suspended_server_is_held_before_anybody_acts() -> None:
    said = connected("running")
    said.heard(Frame("status", "offline"), 5.0)
    said.viewed(SEEN._replace(held="it is suspended"), 5.1)
    assert stands(said) == watch.HELD
    assert verbs(said.tick(5.1 + PACE.held))[-1:] == [VIEW]
    said.viewed(SEEN, 36.0)
    assert stands(said) == watch.DOWN


def test_a_look_that_fails_keeps_it_held_and_is_repeated() -> None:
    said = connected("running")
    said.heard(Frame("install started"), 1.0)
    assert stands(said) == watch.HELD
    assert VIEW in verbs(said.tick(1.0 + PACE.held))
    assert said.unviewed(PanelError(answers.UNREACHABLE, "away"), 32.0) == []
    assert stands(said) == watch.HELD
    assert VIEW in verbs(said.tick(33.0 + PACE.held))
    assert verbs(said.heard(Frame("install completed"), 70.0)) == [VIEW]
    said.viewed(SEEN, 71.0)
    assert stands(said) == watch.UP
    assert said.unviewed(PanelError(answers.UNREACHABLE, "away"), 72.0) == []


def test_offline_at_first_sight_asks_what_people_did() -> None:
    said = connected()
    assert verbs(said.heard(Frame("status", "offline"), 1.0)) == [VIEW, ACTIVITY]
    assert stands(said) == watch.UNKNOWN
    said.told_activity(["server:power.start"])
    assert stands(said) == watch.DOWN


def test_a_person_who_stopped_it_before_is_respected() -> None:
    said = connected("offline")
    said.told_activity(["server:power.stop", "server:power.start"])
    assert stands(said) == watch.STOPPED


def test_a_log_that_does_not_answer_does_not_hold_up() -> None:
    said = connected("offline")
    assert said.tick(PACE.answer - 0.1) == []
    said.tick(PACE.answer)
    assert stands(said) == watch.DOWN
    assert said.told_activity(None) is None
    assert connected("offline").told_activity(None) is None


def test_a_stop_is_a_persons_after_a_moment_and_looked_at_again() -> None:
    said = connected("running")
    said.heard(Frame("status", "stopping"), 1.0)
    assert stands(said) == watch.UNKNOWN
    assert verbs(said.heard(Frame("status", "offline"), 2.0)) == [VIEW]
    assert stands(said) == watch.UNKNOWN
    said.tick(2.0 + PACE.cause)
    assert stands(said) == watch.STOPPED
    said.connection.noise(70.0)
    asked = said.tick(2.0 + PACE.cause + PACE.second_look)
    since = 1.0 + PACE.cause + PACE.second_look + PACE.log_slack
    assert Order(ACTIVITY, f"{since:.3f}") in asked, "a start from before the stop must not undo it"
    said.told_activity(["server:power.restart"])
    assert stands(said) == watch.DOWN


def test_a_restart_is_no_stop() -> None:
    said = connected("running")
    for state, at in (("stopping", 1.0), ("offline", 2.0), ("starting", 2.1)):
        said.heard(Frame("status", state), at)
    said.tick(2.0 + PACE.cause)
    assert stands(said) == watch.UP
    assert ACTIVITY not in verbs(said.tick(10.0 + PACE.second_look))


def test_a_second_look_at_a_server_that_runs_again_asks_nothing() -> None:
    said = connected("running")
    said.heard(Frame("status", "stopping"), 1.0)
    said.heard(Frame("status", "offline"), 2.0)
    said.tick(2.0 + PACE.cause)
    said.heard(Frame("status", "running"), 40.0)
    said.connection.noise(79.0)
    assert ACTIVITY not in verbs(said.tick(80.0))


def test_a_start_goes_over_the_websocket() -> None:
    said = connected("running")
    said.heard(Frame("status", "offline"), 5.0)
    [order] = said.ask_power("start", 6.0)
    assert json.loads(order.text) == {"event": "set state", "args": ["start"]}
    said.heard(Frame("status", "starting"), 6.1)
    assert POWER not in verbs(said.tick(20.0))


def test_a_lost_start_goes_to_the_panel_and_its_refusal_is_told() -> None:
    said = connected("running")
    said.heard(Frame("status", "offline"), 5.0)
    said.ask_power("start", 6.0)
    assert POWER in verbs(said.tick(6.0 + PACE.answer))
    said.powered(PanelError(answers.FORBIDDEN, "the panel forbids to start the server (403)"), 12.0)
    assert "forbids to start" in said.standing.sight().detail
    said.powered(None, 13.0)
    assert stands(said) == watch.DOWN


def test_a_refused_start_asks_the_panel_at_once() -> None:
    said = connected("offline")
    said.told_activity([])
    said.ask_power("start", 6.0)
    assert verbs(said.heard(Frame("daemon error", "Error Event [x]: something"), 6.1)) == [POWER]


def test_a_conflict_holds_it() -> None:
    said = connected("offline")
    said.told_activity([])
    said.ask_power("start", 6.0)
    said.powered(PanelError(answers.CONFLICT, "This server is currently suspended"), 7.0)
    assert stands(said) == watch.HELD


def test_without_a_websocket_the_panel_is_asked_to_start() -> None:
    said = Conversation(PACE, lambda: 0.5)
    assert said.ask_power("start", 0.0) == [Order(POWER, "start")]


def test_a_token_refused_before_it_was_let_in_is_a_matter_of_secrets() -> None:
    said = Conversation(PACE, lambda: 0.5)
    said.begin(0.0, 0.0)
    said.tick(0.0)
    said.viewed(SEEN, 0.0)
    said.granted(TOKEN, 0.0)
    said.opened(0.0)
    assert verbs(said.heard(Frame("daemon error", "Error Event [x]: generic"), 0.1)) == [CLOSE]
    assert "secret" in said.standing.sight().detail


def test_a_short_loss_changes_nothing_and_a_long_one_makes_it_unknown() -> None:
    said = connected("running")
    said.closed(1006, "", 10.0)
    said.tick(10.0 + PACE.blind - 0.1)
    assert stands(said) == watch.UP
    orders = said.tick(10.0 + PACE.blind)
    assert RESOURCES in verbs(orders)
    assert stands(said) == watch.UNKNOWN
    said.told_resources({"state": "running", "disk_bytes": 5}, 21.0)
    assert stands(said) == watch.UP
    assert "as the panel says" in said.standing.sight().detail
    assert RESOURCES in verbs(said.tick(21.0 + PACE.poll))
    said.told_resources(None, 82.0)
    assert stands(said) == watch.UNKNOWN
    said.told_resources({"state": "exploding"}, 83.0)
    assert stands(said) == watch.UNKNOWN


def test_a_connection_that_is_back_in_time_is_as_before() -> None:
    said = connected("running")
    said.closed(1006, "", 10.0)
    assert verbs(said.tick(11.0)) == [OPEN]
    said.opened(11.1)
    said.heard(Frame("auth success"), 11.2)
    assert verbs(said.heard(Frame("status", "running"), 11.2)) == [LOGS]
    assert said.told_resources({"state": "offline"}, 12.0) == []
    said.connection.noise(19.0)
    assert said.tick(20.5) == []
    assert stands(said) == watch.UP


def test_a_server_seen_off_by_the_panel_alone_is_down_too() -> None:
    said = Conversation(PACE, lambda: 0.5)
    said.begin(0.0, 0.0)
    said.tick(0.0)
    said.viewed(SEEN, 0.0)
    said.granted(TOKEN, 0.0)
    said.unopened(403, "set `origin`", 0.1)
    assert RESOURCES in verbs(said.tick(0.1 + PACE.retry))
    assert verbs(said.told_resources({"state": "offline"}, 2.0)) == [VIEW, ACTIVITY]
    assert said.viewed(SEEN, 2.1) == []
    said.told_activity(None)
    assert stands(said) == watch.DOWN
    assert "as the panel says: set `origin`" in said.standing.sight().detail


def test_what_no_websocket_confirms_is_asked_of_the_panel_more_often() -> None:
    said = Conversation(PACE, lambda: 0.5)
    said.ask_power("start", 0.0)
    asked = []
    for now in range(200):
        if RESOURCES in verbs(said.tick(float(now))):
            asked.append(now)
            said.told_resources({"state": "offline"}, float(now))
    assert asked[:8] == [10, 20, 30, 40, 50, 60, 70, 80]
    assert asked[9:] == [150]


def test_frames_lost_after_expiry_are_made_up_for() -> None:
    said = connected("running")
    said.heard(Frame("jwt error", "exp claim is invalid"), 700.0)
    assert stands(said) == watch.UP
    said.granted(TOKEN, 702.0)
    [order] = said.heard(Frame("auth success"), 703.0)
    assert json.loads(order.text) == {"event": "send stats"}
    said.told_stats({"state": "offline", "disk_bytes": 7.0}, 704.0)
    assert stands(said) == watch.DOWN
    assert said.standing.disk_bytes == 7.0


def test_a_token_that_stays_expired_makes_it_unknown() -> None:
    said = connected("running")
    said.heard(Frame("jwt error", "exp claim is invalid"), 700.0)
    said.connection.noise(711.0)
    said.tick(700.0 + PACE.blind)
    assert stands(said) == watch.UNKNOWN


def test_a_jwt_error_that_hangs_up_is_a_loss() -> None:
    said = connected("running")
    assert CLOSE in verbs(said.heard(Frame("jwt error", "jwt: server uuid mismatch"), 1.0))
    said.tick(1.0 + PACE.blind)
    assert stands(said) == watch.UNKNOWN


def test_a_token_that_expires_is_renewed() -> None:
    said = connected("running")
    assert verbs(said.heard(Frame("token expiring"), 540.0)) == [GRANT]
    assert said.heard(Frame("token expired"), 541.0) == []


@pytest.mark.parametrize(
    ("code", "wait"), [(answers.UNAUTHORIZED, PACE.lasting), (answers.LIMITED, 44.0), (answers.NODE, 1.0)]
)
def test_how_long_to_wait_depends_on_what_was_refused(code: str, wait: float) -> None:
    said = Conversation(PACE, lambda: 0.5)
    said.begin(0.0, 0.0)
    said.tick(0.0)
    said.unviewed(PanelError(code, "no", 44.0 if code == answers.LIMITED else 0.0), 0.0)
    assert said.due() == wait
    assert said.standing.sight().data == ({"trouble": code} if code == answers.UNAUTHORIZED else {})


def test_a_conflict_instead_of_a_token_holds_it_and_is_looked_at_again() -> None:
    said = Conversation(PACE, lambda: 0.5)
    said.begin(0.0, 0.0)
    said.tick(0.0)
    said.viewed(SEEN, 0.0)
    said.ungranted(PanelError(answers.CONFLICT, "The node is under maintenance"), 1.0)
    assert stands(said) == watch.HELD
    assert VIEW in verbs(said.tick(1.0 + PACE.held))
    said.viewed(SEEN, 32.0)
    assert stands(said) == watch.UNKNOWN


def test_a_transfer_is_held_and_then_followed() -> None:
    said = connected("running")
    said.heard(Frame("transfer status", "starting"), 1.0)
    assert stands(said) == watch.HELD
    assert verbs(said.heard(Frame("transfer status", "failure"), 2.0)) == [VIEW]
    assert verbs(said.heard(Frame("transfer status", "success"), 3.0)) == [CLOSE]
    assert VIEW in verbs(said.tick(4.0))


def test_an_account_that_may_not_start_it_is_told() -> None:
    said = connected("running")
    said.heard(Frame("status", "offline"), 1.0)
    said.viewed(SEEN._replace(permissions=("websocket.connect",)), 1.1)
    assert "control.start" in said.standing.sight().detail


def test_a_half_open_socket_found_by_the_timer_is_a_loss() -> None:
    said = connected("running")
    said.tick(PACE.ping)
    assert CLOSE in verbs(said.tick(PACE.ping + PACE.silence))
    said.tick(PACE.ping + PACE.silence + PACE.blind)
    assert stands(said) == watch.UNKNOWN


EVENTS = (
    "status",
    "daemon error",
    "jwt error",
    "transfer status",
    "token expiring",
    "auth success",
    "nobody",
    "deleted",
)


@given(
    some.lists(
        some.tuples(
            some.sampled_from(EVENTS),
            some.one_of(
                some.sampled_from(["offline", "running", "starting", "stopping", "exp claim is invalid"]), some.text()
            ),
            some.floats(0, 100),
        ),
        max_size=40,
    )
)
def test_no_frames_make_it_raise_or_ask_for_tokens_too_often(told: list[tuple[str, str, float]]) -> None:
    said = connected("running")
    now, asked = 0.0, [0.0]
    for event, text, seconds in told:
        now += seconds
        frame: Any = parse_frame(json.dumps({"event": event, "args": [text]}))
        orders = said.heard(frame, now) + said.tick(now)
        asked += [now] * verbs(orders).count(GRANT)
        assert said.standing.sight().state in watch.STATES
        due = said.due()
        assert due is None or due > now
    assert all(after - before >= PACE.grant_spacing for before, after in zip(asked, asked[1:]))


@pytest.mark.parametrize(("uptime", "stands_then"), [(900, watch.STOPPED), (0, watch.DOWN)])
def test_who_stops_a_process_that_boots_is_a_person_and_else_the_start_failed(uptime: int, stands_then: str) -> None:
    said = connected("offline")
    said.told_activity([])
    said.ask_power("start", 10.0)
    said.heard(Frame("status", "starting"), 10.5)
    said.told_stats({"state": "starting", "uptime": uptime}, 12.0)
    said.heard(Frame("status", "stopping"), 40.0)
    said.heard(Frame("status", "offline"), 41.0)
    said.tick(41.0 + PACE.cause)
    assert stands(said) == stands_then
