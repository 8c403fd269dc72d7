from __future__ import annotations

import pytest

from wakeful_agent.transport.backoff import Backoff, fraction, told_seconds


def test_the_bound_doubles_from_a_second_to_five_minutes() -> None:
    backoff = Backoff()
    assert [backoff.failed(1.0) for _ in range(11)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    backoff.worked()
    assert backoff.failed(0.5) == 0.5


def test_the_jitter_is_full_but_never_nothing() -> None:
    backoff = Backoff()
    assert backoff.failed(0.0) == 0.1
    assert backoff.failed(0.5) == 1.0


def test_it_never_overflows() -> None:
    backoff = Backoff()
    backoff.failures = 100_000
    assert backoff.failed(1.0) == 300


def test_fractions_lie_between_nought_and_one() -> None:
    found = [fraction() for _ in range(200)]
    assert all(0 <= one < 1 for one in found)
    assert max(found) - min(found) > 0.5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("", None), ("7", 7), (" 7 ", 7), ("-1", None), ("99999999", 3600), ("Wed, 21 Oct", None)],
)
def test_retry_after_is_honoured_within_an_hour(header: str | None, seconds: float | None) -> None:
    assert told_seconds(header) == seconds
