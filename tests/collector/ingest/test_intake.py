from __future__ import annotations

from wakeful_collector.ingest.intake import intake
from wakeful_collector.ingest.reading import Reading
from wakeful_collector.store.agents import Agent


def _agent(first_push_ms: int | None = 1) -> Agent:
    return Agent(1, "a", "h", 0, None, None, "web-1", 1, None, first_push_ms, {"run-twin": 9})


def _reading(run: str, ticks: list[tuple[int, list[float | None]]]) -> Reading:
    return Reading(run, 3, "0" * 32, None, ticks, b"digest", None)


def test_a_push_belongs_to_the_host_of_its_run() -> None:
    assert intake(_agent(), _reading("run-own", []), 1, 50, print).host_key == 1
    twin = intake(_agent(), _reading("run-twin", []), 1, 50, print)
    assert (twin.host_key, twin.hot.host) == (9, 9)
    twin.belongs_to(4)
    assert (twin.host_key, twin.hot.host) == (4, 4)


def test_its_time_is_that_of_its_last_tick_or_of_its_arrival() -> None:
    assert intake(_agent(), _reading("run-own", [(10, [1.0]), (20, [1.0])]), 1, 50, print).at_ms == 20
    assert intake(_agent(), _reading("run-own", []), 1, 50, print).at_ms == 50


def test_the_first_push_is_known_as_such() -> None:
    assert intake(_agent(None), _reading("run-own", []), 1, 50, print).is_first
    assert not intake(_agent(5), _reading("run-own", []), 1, 50, print).is_first
