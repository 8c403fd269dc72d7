from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.ingest import rates
from wakeful_collector.ingest.rates import Rates

if TYPE_CHECKING:
    import pytest


def test_a_burst_is_let_through_and_then_a_steady_rate() -> None:
    bucket = Rates(2, 4)
    assert [bucket.wait_seconds("a", 0) for _ in range(5)] == [0, 0, 0, 0, 1]
    assert bucket.wait_seconds("b", 0) == 0
    assert [bucket.wait_seconds("a", 1_000) for _ in range(3)] == [0, 0, 1]


def test_a_large_cost_says_how_long_to_wait() -> None:
    bucket = Rates(2, 100)
    assert bucket.wait_seconds("a", 0, 100) == 0
    assert bucket.wait_seconds("a", 0, 50) == 25
    assert bucket.wait_seconds("a", 25_000, 50) == 0


def test_looking_takes_nothing() -> None:
    bucket = Rates(0.5, 1)
    assert [bucket.empty_seconds("a", 0) for _ in range(3)] == [0, 0, 0]
    assert bucket.wait_seconds("a", 0) == 0
    assert bucket.empty_seconds("a", 0) == 2


def test_a_clock_that_falls_back_gives_nothing() -> None:
    bucket = Rates(1, 1)
    assert bucket.wait_seconds("a", 10_000) == 0
    assert bucket.wait_seconds("a", 5_000) == 1


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_BUCKETS_MAX", 10)
    bucket = Rates(1, 2)
    for number in range(10):
        bucket.wait_seconds(number, number)
    bucket.wait_seconds("new", 100)
    assert len(bucket._buckets) == 10
    for number in range(50):
        bucket.wait_seconds(f"n{number}", 1_000_000 + number * 10_000)
    assert len(bucket._buckets) <= 10
