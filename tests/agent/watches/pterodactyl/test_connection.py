"""The way to Wings: tokens are renewed in time and asked for seldom, lost connections come back, refusals are told."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from wakeful_agent.network import panel_answer as answers
from wakeful_agent.network.panel_answer import Grant, PanelError, View
from wakeful_agent.watches.pterodactyl.connection import Connection
from wakeful_agent.watches.pterodactyl.conversation import Conversation
from wakeful_agent.watches.pterodactyl.orders import CLOSE, GRANT, OPEN, PING, SEND, VIEW, Order
from wakeful_agent.watches.pterodactyl.pace import Pace
from wakeful_agent.watches.pterodactyl.standing import ORIGIN, SOCKET, TOKEN, Standing

PACE = Pace()
UUID = "1a7ce997-259b-452e-8b4e-cecc464142ca"
URL = f"wss://node:8080/api/servers/{UUID}/ws"


def grant(uuid: str = UUID, url: str = URL, seconds: int = 600, more: str = "") -> Grant:
    claims = base64.urlsafe_b64encode(json.dumps({"iat": 0, "exp": seconds, "server_uuid": uuid}).encode()).decode()
    return Grant(f"head.{claims.rstrip('=')}.sign{more}", url)


def verbs(orders: list[Order]) -> list[str]:
    return [order.verb for order in orders]


def made() -> Connection:
    return Connection(PACE, lambda: 0.5, Standing())  # a half: no jitter at all


def live(at: float = 0.0, seconds: int = 600) -> Connection:
    connection = made()
    connection.begin(at, 0.0)
    assert verbs(connection.tick(at)) == [VIEW]
    assert verbs(connection.viewed(UUID, False, at)) == [GRANT]
    assert connection.granted(grant(seconds=seconds), at) == [Order(OPEN, URL)]
    [auth] = connection.opened(at)
    assert auth.verb == SEND
    assert json.loads(auth.text) == {"event": "auth", "args": [grant(seconds=seconds).token]}
    assert connection.authenticated(at)
    return connection


def trouble(connection: Connection) -> Any:
    return connection._standing.trouble_code, connection._standing.trouble


def test_it_begins_after_its_delay_with_a_look() -> None:
    connection = made()
    connection.begin(10.0, 3.0)
    assert connection.tick(12.9) == []
    assert verbs(connection.tick(13.0)) == [VIEW]


def test_a_held_server_is_looked_at_again() -> None:
    connection = made()
    connection.begin(0.0, 0.0)
    connection.tick(0.0)
    assert connection.viewed(UUID, True, 1.0) == []
    assert connection.timers.due() == 1.0 + PACE.held
    connection._standing.held = "it is suspended"
    assert verbs(connection.tick(40.0)) == [VIEW]


def test_the_token_is_renewed_by_the_own_timer_whatever_the_clocks_say() -> None:
    connection = live(seconds=600)
    connection.noise(509.0)
    assert GRANT not in verbs(connection.tick(509.0))
    assert GRANT in verbs(connection.tick(510.0))
    [order] = connection.granted(grant(more="2"), 511.0)
    assert "sign2" in order.text
    assert not connection.authenticated(511.5)
    assert trouble(connection) == ("", "")


@pytest.mark.parametrize("how", ["expiring", "exp", "denylist"])
def test_the_token_is_renewed_when_wings_says_so(how: str) -> None:
    connection = live()
    if how == "expiring":
        assert verbs(connection.token_ends(100.0)) == [GRANT]
        assert connection.token_ends(101.0) == []
    else:
        text = {"exp": "exp claim is invalid", "denylist": "jwt: created too far in past (denylist)"}[how]
        assert verbs(connection.token_refused(text, 100.0)) == [GRANT]
        assert connection.lost_frames
        for second in range(1, 14):
            assert connection.token_refused(text, 100.0 + second) == []
    assert connection.open


def test_a_new_token_that_is_taken_for_an_old_one_is_a_matter_of_clocks() -> None:
    connection = live()
    connection.token_refused("created too far in past", 100.0)
    assert trouble(connection) == ("", "")
    connection.granted(grant(), 101.0)
    connection.token_refused("exp claim is invalid", 102.0)
    assert "clocks" in trouble(connection)[1]
    connection.authenticated(103.0)
    assert trouble(connection) == ("", "")


def test_tokens_are_asked_for_at_most_every_fifteen_seconds() -> None:
    connection = live(at=0.0)
    asked = [0.0]
    for now in range(1, 120):
        orders = connection.token_refused("exp claim is invalid", float(now)) + connection.tick(float(now))
        asked += [float(now)] * verbs(orders).count(GRANT)
    assert all(after - before >= PACE.grant_spacing for before, after in zip(asked, asked[1:]))
    assert len(asked) >= 7


def test_a_token_for_another_server_is_not_used() -> None:
    for wrong in (grant(uuid="00000000-259b-452e-8b4e-cecc464142ca"), grant(url="wss://node/api/servers/other/ws")):
        connection = made()
        connection.server = UUID
        assert connection.granted(wrong, 5.0) == []
        assert trouble(connection)[0] == TOKEN
        assert connection.timers.due() == 6.0


def test_a_refused_renewal_keeps_the_connection_and_is_tried_again() -> None:
    connection = live()
    connection.noise(551.0)
    connection.tick(510.0)
    connection.stumble("limited", "the panel limits", 511.0, 40.0)
    assert connection.open
    assert GRANT not in verbs(connection.tick(540.0))
    assert GRANT in verbs(connection.tick(551.0))


def test_a_lost_connection_comes_back_with_the_same_token() -> None:
    connection = live()
    connection.closed(1006, "the other end closed the connection", 100.0)
    assert trouble(connection)[0] == SOCKET
    assert connection.tick(100.9) == []
    assert connection.tick(101.0) == [Order(OPEN, URL)]


def test_an_old_token_is_not_used_again() -> None:
    connection = live()
    connection.closed(1006, "", 515.0)
    assert verbs(connection.tick(516.0)) == [GRANT]


def test_attempts_double_and_look_at_the_panel() -> None:
    connection = live()
    connection.closed(1006, "", 1.0)
    assert verbs(connection.tick(2.0)) == [OPEN]
    now, waits = 3.0, []
    for _ in range(8):
        connection.unopened(0, "nothing listens", now)
        due = connection.timers.due()
        assert due is not None
        waits.append(due - now)
        now = due
        orders = connection.tick(now)
        if VIEW in verbs(orders):
            assert verbs(connection.viewed(UUID, False, now)) == [OPEN]
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_connection_that_lasted_begins_from_the_start_again() -> None:
    connection = live()
    connection.closed(1006, "", 10.0)
    connection.tick(11.0)
    connection.opened(11.0)
    connection.authenticated(11.0)
    connection.noise(80.0)
    connection.tick(11.0 + PACE.retry_max)
    connection.closed(1006, "", 100.0)
    assert connection.timers.due() == 101.0


@pytest.mark.parametrize("code", [4409, 1001])
def test_some_closes_make_it_look_at_the_panel_first(code: int) -> None:
    connection = live()
    connection.closed(code, "server is suspended", 10.0)
    assert verbs(connection.tick(11.0)) == [VIEW]


def test_a_token_that_is_too_long_is_named() -> None:
    connection = live()
    connection.granted(grant(more="x" * 4000), 400.0)
    connection.closed(1009, "", 400.1)
    assert "subuser with fewer" in trouble(connection)[1]


def test_a_refused_origin_is_tried_seldom() -> None:
    connection = live()
    connection.closed(1006, "", 1.0)
    connection.unopened(403, "set `origin`", 2.0)
    assert trouble(connection) == (ORIGIN, "set `origin`")
    assert connection.timers.due() == 2.0 + PACE.retry_max


def test_silence_after_the_token_drops_it() -> None:
    connection = made()
    connection.server = UUID
    connection.granted(grant(), 0.0)
    connection.opened(0.0)
    assert verbs(connection.tick(PACE.authentication)) == [CLOSE]
    assert "does not answer" in trouble(connection)[1]


@pytest.mark.parametrize(
    ("text", "part", "wait"),
    [
        ("jwt: server uuid mismatch", "another server", PACE.grant_spacing),
        ("Error Event [x]: jwt: missing connect permission", "older than its Wings", PACE.lasting),
        ("jwt: no jwt present", "does not take", PACE.grant_spacing),
    ],
)
def test_other_refusals_of_the_token_hang_up_with_a_clear_text(text: str, part: str, wait: float) -> None:
    connection = live()
    assert verbs(connection.token_refused(text, 1.0)) == [CLOSE]
    assert part in trouble(connection)[1]
    asked = [now for now in range(1, 700) if GRANT in verbs(connection.tick(float(now)))]
    assert asked[0] >= min(wait, PACE.lasting)


def test_signs_of_life_are_asked_for() -> None:
    connection = live()
    assert verbs(connection.tick(PACE.ping)) == [PING, SEND]
    connection.noise(PACE.ping + 1)
    connection.stats_came()
    assert verbs(connection.tick(PACE.ping + PACE.silence)) == [PING]


def test_a_half_open_connection_is_given_up() -> None:
    connection = live()
    connection.tick(PACE.ping)
    assert verbs(connection.tick(PACE.ping + PACE.silence)) == [CLOSE]
    assert "half open" in trouble(connection)[1]
    assert not connection.open


def test_moving_begins_anew() -> None:
    connection = live()
    assert verbs(connection.move(5.0)) == [CLOSE]
    assert verbs(connection.tick(6.0)) == [VIEW]
    assert connection.hang_up() == []


def test_a_wait_while_open_is_for_the_renewal() -> None:
    connection = live()
    connection.wait(30.0, 1.0)
    assert verbs(connection.tick(31.0))[-1:] == [GRANT]


def test_an_open_connection_is_not_opened_again() -> None:
    connection = live()
    connection.timers.set("connect", 1.0)
    assert connection.tick(1.0) == []
    assert connection.viewed(UUID, False, 2.0) == []


def test_what_waits_for_a_person_is_tried_at_once_when_one_says_so() -> None:
    said = Conversation(PACE, lambda: 0.5)
    said.begin(0.0, 0.0)
    assert verbs(said.tick(0.0)) == [VIEW]
    assert said.try_again(1.0) == said.tick(1.0) == []
    said.unviewed(PanelError(answers.PASSWORD, "the panel refuses user and password"), 1.0)
    assert said.tick(300.0) == []
    assert said.try_again(300.0) == []
    assert verbs(said.tick(300.0)) == [VIEW]
    assert verbs(said.viewed(View(UUID, "Survival", "node-1", 0, "", ()), 300.0)) == [GRANT]
    said.ungranted(PanelError(answers.FORBIDDEN, "not yours"), 301.0)
    said.try_again(302.0)
    assert verbs(said.tick(302.0)) == [GRANT]
