from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.model.twins import RunSpan
from wakeful_collector.store import database, runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_when_a_host_was_heard_and_what_its_runs_span(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one, other = machine("one"), machine("other")
    one.push([[now_ms - 9_000, [1, 2, 3, 4]]], now_ms - 5_000)
    one.push([[now_ms - 4_000, [1, 2, 3, 4]]], now_ms)
    other.push([], now_ms - 1_000)
    connection = database.reader(data, "samples")
    assert runs.last_heard(connection) == {one.key: now_ms, other.key: now_ms - 1_000}
    assert runs.last_heard(connection, one.key) == {one.key: now_ms}
    assert runs.spans(connection, one.key) == [RunSpan(f"run-{one.id}", now_ms - 9_000, now_ms - 4_000)]
    assert runs.spans(connection, other.key) == []
    assert runs.newest_ms(connection, one.key) == now_ms - 4_000
    assert runs.newest_ms(connection, other.key) == 0
