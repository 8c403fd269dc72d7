"""The panel's limits: what it says is left is obeyed, a part is kept for what is urgent, refusals are waited out."""

from __future__ import annotations

import pytest

from wakeful_agent.network.allowance import WAIT_SECONDS_MAX, Allowance, told_seconds


def left(count: int, limit: int = 240) -> dict[str, str]:
    return {"x-ratelimit-limit": str(limit), "x-ratelimit-remaining": str(count)}


def test_nothing_is_waited_for_while_much_is_left() -> None:
    allowance = Allowance()
    assert allowance.wait_seconds(5.0) == 0
    allowance.learn(left(200), 5.0)
    assert allowance.wait_seconds(5.0) == 0


def test_the_last_of_a_window_is_kept_for_what_is_urgent() -> None:
    allowance = Allowance()
    allowance.learn(left(239), 100.0)
    allowance.learn(left(24), 110.0)
    assert allowance.wait_seconds(110.0) == 50.0
    assert allowance.wait_seconds(110.0, urgent=True) == 0
    allowance.learn(left(0), 120.0)
    assert allowance.wait_seconds(120.0, urgent=True) == 40.0
    assert allowance.wait_seconds(160.0) == 0


def test_more_left_than_before_begins_a_window() -> None:
    allowance = Allowance()
    allowance.learn(left(10), 100.0)
    allowance.learn(left(9), 159.0)
    allowance.learn(left(10), 159.5)
    assert allowance.wait_seconds(160.0) == pytest.approx(59.5)


def test_a_refusal_holds_for_what_is_urgent_too() -> None:
    allowance = Allowance()
    allowance.refuse(7, 100.0)
    allowance.refuse(3, 101.0)
    assert allowance.wait_seconds(102.0, urgent=True) == 5.0
    allowance.refuse(1e9, 200.0)
    assert allowance.wait_seconds(200.0) == WAIT_SECONDS_MAX


@pytest.mark.parametrize("headers", [{}, {"x-ratelimit-limit": "240"}, left(-1), {**left(5), "x-ratelimit-limit": "x"}])
def test_headers_that_say_nothing_change_nothing(headers: dict[str, str]) -> None:
    allowance = Allowance()
    allowance.learn(headers, 1.0)
    assert allowance.wait_seconds(1.0) == 0


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({"retry-after": "12"}, "", 12),
        ({"x-ratelimit-reset": "1030"}, "", 31),
        ({"x-ratelimit-reset": "900"}, "", 1),
        ({}, "Too many login attempts. Please try again in 48 seconds.", 48),
        ({"retry-after": "soon"}, "Too Many Attempts.", 60),
        ({"retry-after": "0"}, "", 1),
        ({"retry-after": "999999"}, "", WAIT_SECONDS_MAX),
    ],
)
def test_how_long_to_wait_is_taken_from_where_it_stands(headers: dict[str, str], text: str, seconds: float) -> None:
    assert told_seconds(headers, text, 1000.0) == seconds
