"""A host that says nothing is silent only if the collector could have heard it."""

from __future__ import annotations

import pytest

from wakeful_collector.model.silence import Listening, Patience, is_heard, is_silent, listen

NOW = 1_795_000_000_000
LONG_AGO = Listening(0, NOW)
PATIENCE = Patience(3, 120)


@pytest.mark.parametrize(
    ("interval_seconds", "silent_seconds", "is_it"),
    [(5, 120, False), (5, 121, True), (60, 180, False), (60, 181, True), (3_600, 10_000, False)],
)
def test_three_intervals_and_two_minutes_at_least(interval_seconds: float, silent_seconds: int, is_it: bool) -> None:
    last = NOW - silent_seconds * 1000
    assert is_silent(last, interval_seconds, LONG_AGO, PATIENCE, NOW) is is_it
    assert is_heard(last, interval_seconds, PATIENCE, NOW) is not is_it


def test_who_never_pushed_is_neither() -> None:
    assert not is_silent(None, 5, LONG_AGO, PATIENCE, NOW)
    assert not is_heard(None, 5, PATIENCE, NOW)


def test_after_a_start_the_collector_listens_first() -> None:
    begun = listen(None, NOW)
    assert not is_silent(NOW - 10**9, 5, begun, PATIENCE, NOW + 120_000)
    assert is_silent(NOW - 10**9, 5, listen(begun, NOW + 5_000), PATIENCE, NOW + 121_000)


@pytest.mark.parametrize(("later_ms", "hears"), [(60_001, True), (-1, True), (5_000, False)])
def test_it_listens_anew_after_a_break(later_ms: int, hears: bool) -> None:
    assert listen(Listening(5, NOW), NOW + later_ms, hears) == Listening(NOW + later_ms, NOW + later_ms)


def test_it_goes_on_listening() -> None:
    assert listen(Listening(5, NOW), NOW + 60_000) == Listening(5, NOW + 60_000)
