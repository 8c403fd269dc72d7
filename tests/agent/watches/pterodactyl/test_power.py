"""A power action on its way: over the websocket, again while it was busy, by the panel when nothing is heard."""

from __future__ import annotations

import pytest

from wakeful_agent.watches.pterodactyl.orders import POWER, SEND, Order
from wakeful_agent.watches.pterodactyl.pace import Pace
from wakeful_agent.watches.pterodactyl.power import Power

PACE = Pace()
BUSY = "another power action is currently being processed for this server, please try again later"
START = [Order(SEND, '{"event": "set state", "args": ["start"]}')]


def test_it_is_sent_and_done_when_the_state_shows_it() -> None:
    power = Power(PACE)
    assert power.ask("start", True, 0.0) == START
    assert power.tick(True, 1.0) == []
    power.hear_state("offline")
    assert power.signal == "start"
    power.hear_state("starting")
    assert (power.signal, power.at) == ("", None)
    assert power.tick(True, 100.0) == []


@pytest.mark.parametrize(
    ("signal", "state"), [("stop", "stopping"), ("stop", "offline"), ("restart", "stopping"), ("kill", "offline")]
)
def test_each_signal_has_its_states(signal: str, state: str) -> None:
    power = Power(PACE)
    power.ask(signal, True, 0.0)
    power.hear_state(state)
    assert power.signal == ""


def test_without_a_websocket_the_panel_is_asked_at_once() -> None:
    power = Power(PACE)
    assert power.ask("start", False, 0.0) == [Order(POWER, "start")]
    power.hear_error("generic", 0.0)
    assert power.tick(True, 100.0) == []


def test_when_nothing_is_heard_the_panel_is_asked_once() -> None:
    power = Power(PACE)
    power.ask("start", True, 0.0)
    assert power.tick(True, PACE.answer - 0.1) == []
    assert power.tick(True, PACE.answer) == [Order(POWER, "start")]
    assert power.tick(True, 1000.0) == []


def test_of_a_refusal_the_panel_knows_the_reason() -> None:
    power = Power(PACE)
    power.ask("start", True, 0.0)
    power.hear_error("An unexpected error was encountered while handling this request", 1.0)
    assert power.tick(True, 1.0) == [Order(POWER, "start")]


def test_a_busy_server_is_asked_again_later_and_not_for_ever() -> None:
    power = Power(PACE)
    power.ask("start", True, 0.0)
    now = 0.0
    for _ in range(PACE.busy_tries):
        power.hear_error(f"Error Event [1]: {BUSY}", now)
        assert power.tick(True, now + PACE.busy - 0.1) == []
        now += PACE.busy
        assert power.tick(True, now) == START
    power.hear_error(BUSY, now)
    assert power.signal == ""
    assert power.at is None


def test_after_a_busy_time_without_a_websocket_the_panel_is_asked() -> None:
    power = Power(PACE)
    power.ask("start", True, 0.0)
    power.hear_error(BUSY, 0.0)
    assert power.tick(False, PACE.busy) == [Order(POWER, "start")]


def test_after_a_busy_time_silence_leads_to_the_panel_too() -> None:
    power = Power(PACE)
    power.ask("start", True, 0.0)
    power.hear_error(BUSY, 0.0)
    assert power.tick(True, PACE.busy) == START
    assert power.tick(True, PACE.busy + PACE.answer) == [Order(POWER, "start")]


def test_errors_of_other_things_are_nothing_to_it() -> None:
    power = Power(PACE)
    power.hear_error("generic", 0.0)
    assert power.at is None
