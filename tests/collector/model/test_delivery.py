"""Attempts end, and something follows."""

from __future__ import annotations

import pytest

from wakeful_collector.model.delivery import ATTEMPTS_MAX, Attempt, Next, after, wait_seconds

NOW = 1_795_000_000_000
DAY_MS = 86_400_000
FAILED = Attempt("failed", "503")


def follows(attempt: Attempt, attempts: int = 1, made_ms: int = NOW, once: bool = False) -> Next:
    return after(attempt, attempts, made_ms, NOW, DAY_MS, 0.5, once)


def test_the_wait_doubles_up_to_an_hour() -> None:
    assert [wait_seconds(n, 0.5) for n in (1, 2, 3, 10, 11, 40)] == [5, 10, 20, 2_560, 3_600, 3_600]
    assert [wait_seconds(1, fraction) for fraction in (0.0, 1.0)] == [3.75, 6.25]


def test_taken_is_delivered_and_refused_is_dead() -> None:
    assert follows(Attempt("delivered")).state == "delivered"
    assert follows(Attempt("refused")).state == "dead"


def test_failed_is_tried_again_later() -> None:
    assert follows(FAILED, 3) == Next("waiting", NOW + 20_000)


def test_what_the_other_side_asks_for_is_heeded_within_bounds() -> None:
    assert follows(FAILED._replace(retry_after_seconds=90)).due_ms == NOW + 90_000
    assert follows(FAILED._replace(retry_after_seconds=10**9)).due_ms == NOW + 3_600_000
    assert follows(FAILED._replace(retry_after_seconds=1)).due_ms == NOW + 5_000


@pytest.mark.parametrize(("attempts", "age_ms"), [(ATTEMPTS_MAX, 0), (3, DAY_MS)])
def test_it_is_given_up_in_the_end(attempts: int, age_ms: int) -> None:
    assert follows(FAILED, attempts, NOW - age_ms).state == "dead"


def test_a_test_has_one_try() -> None:
    assert follows(FAILED, once=True).state == "dead"
