from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.ingest import allowances
from wakeful_collector.ingest.allowances import Allowances
from wakeful_collector.ingest.reading import Reading
from wakeful_wire.schema import series

if TYPE_CHECKING:
    import pytest


def _reading(run: str = "run-0001", names: int | None = None, offset: int = 0) -> Reading:
    columns = None if names is None else [series(f"m{offset + number}") for number in range(names)]
    return Reading(run, 0, "0" * 32, columns, [], b"", None)


def test_bytes_are_bounded_for_each_agent() -> None:
    bounds = Allowances()
    for _ in range(16):
        assert bounds.too_much(1, 16 * 1024 * 1024, 0) is None
    excess = bounds.too_much(1, 16 * 1024 * 1024, 0)
    assert excess is not None
    assert (excess.code, excess.retry_seconds) == ("too_much", 16)
    assert bounds.too_much(2, 16 * 1024 * 1024, 0) is None


def test_new_series_are_bounded_and_known_ones_cost_nothing() -> None:
    bounds = Allowances()
    for number in range(3):
        assert bounds.excess(1, _reading(names=20_000, offset=number * 20_000), 0) is None
    assert bounds.excess(1, _reading(names=20_000), 0) is None
    excess = bounds.excess(1, _reading(names=100, offset=90_000), 0)
    assert excess is not None
    assert (excess.code, excess.retry_seconds) == ("too_many_new_series", 5)


def test_runs_are_bounded() -> None:
    bounds = Allowances()
    for number in range(240):
        assert bounds.excess(1, _reading(f"run-{number}"), 0) is None
    excess = bounds.excess(1, _reading("run-more"), 0)
    assert excess is not None
    assert excess.code == "too_many_runs"
    assert bounds.excess(1, _reading("run-5"), 0) is None


def test_what_was_met_is_remembered_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowances, "_REMEMBERED_MAX", 10)
    bounds = Allowances()
    bounds.excess(1, _reading(names=100), 0)
    assert len(bounds._met) <= 10
