"""The last day as stretches and as a strip."""

from __future__ import annotations

import re

from wakeful_collector.integrations.ollama.pages_strip import Stretch, stretches, strip
from wakeful_collector.store.gateway_states import Turn


def turn(at_ms: int, was: str, state: str) -> Turn:
    return Turn("gpu", at_ms, was, state, "", "")


def test_what_was_before_the_first_turn_is_what_that_says() -> None:
    turns = [turn(400, "awake", "asleep"), turn(100, "asleep", "waking"), turn(150, "waking", "awake")]
    assert stretches(turns, "asleep", 0, 1_000) == [
        Stretch("asleep", 0, 100),
        Stretch("waking", 100, 150),
        Stretch("awake", 150, 400),
        Stretch("asleep", 400, 1_000),
    ]


def test_without_turns_it_was_all_the_time_what_it_is_now() -> None:
    assert stretches([], "awake", 0, 1_000) == [Stretch("awake", 0, 1_000)]
    assert stretches([], "", 0, 1_000) == [], "nobody looked at it yet"


def test_turns_before_the_span_and_two_at_once_make_no_stretch_of_no_length() -> None:
    turns = [turn(5, "asleep", "waking"), turn(10, "waking", "awake"), turn(500, "awake", "stopping")]
    turns.append(turn(500, "stopping", "asleep"))
    assert stretches(turns, "asleep", 10, 1_000) == [Stretch("awake", 10, 500), Stretch("asleep", 500, 1_000)]
    assert stretches([turn(2_000, "asleep", "awake")], "awake", 0, 1_000)[0].state == "asleep", "a clock set back"


def test_the_strip_draws_what_is_not_asleep_where_and_as_long_as_it_was() -> None:
    parts = [Stretch("asleep", 0, 500), Stretch("awake", 500, 750), Stretch("unreachable", 750, 1_000)]
    drawn = strip(parts, 0, 1_000)
    found = re.findall(r'<rect class="(\w+)" x="([\d.]+)" width="([\d.]+)"', drawn)
    assert found == [("awake", "500.0", "250.0"), ("unreachable", "750.0", "250.0")]
    assert "aria-hidden" in drawn
    assert 'width="1.5"' in strip([Stretch("awake", 0, 1)], 0, 86_400_000), "a moment can be seen too"
