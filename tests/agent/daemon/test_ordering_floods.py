"""A collector that floods: it is answered within bounds, and nothing of it becomes a flood of the agent's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator

import pytest

from wakeful_agent.daemon import ordering

from .desk import Bench

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path, heard: Any) -> Iterator[Bench]:
    made = Bench(tmp_path, heard)
    yield made
    made.orders.close()


def test_a_flood_is_answered_within_bounds(bench: Bench) -> None:
    count = ordering.REFUSALS_A_MINUTE + 100
    bench.ask(*(f"x{n}" for n in range(count)), action="dig")
    results, urgent = bench.orders.news()
    assert urgent
    assert len(results) == ordering.REFUSALS_A_MINUTE
    bench.ask("y", action="dig")
    assert bench.orders.news() == ([], False)


def test_a_flood_of_refusals_leaves_at_once_only_at_first(bench: Bench) -> None:
    bench.ask(*(f"x{n}" for n in range(ordering.URGENT_A_MINUTE)), action="dig")
    assert bench.orders.news()[1]
    bench.ask("y", action="dig")
    results, urgent = bench.orders.news()
    assert len(results) == 1
    assert not urgent


def test_a_flood_of_replays_is_not_a_flood_of_results(bench: Bench) -> None:
    bench.ask("c1")
    bench.results()
    bench.ask(*["c1"] * 200)
    results, _ = bench.orders.news()
    assert len(results) == ordering.URGENT_A_MINUTE
