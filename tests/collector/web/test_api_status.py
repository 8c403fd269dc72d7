"""The collector's own state over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.store import heartbeats
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.config import Settings


def test_status(program: Callable[..., Any], machine: Callable[..., Any], settings: Settings, now_ms: int) -> None:
    machine("new")
    machine("up").push([[now_ms, [1, 2, 3, 4]]], now_ms)
    with changing(settings.data) as connection:
        heartbeats.beat(connection, [heartbeats.Heartbeat("worker", now_ms - 1000, 15, {})])
    found = program("read")("/api/v1/status").get_json()
    assert found["ready"] is True, found["checks"]
    assert found["hosts"] == {"new": 1, "up": 1}
    assert (found["now"], found["disk_full_since"]) == ("2026-11-18T11:06:40Z", None)
    assert found["bytes"]["state.db"] > 0
    assert [(job["name"], job["at"]) for job in found["jobs"]] == [("worker", "2026-11-18T11:06:39Z")]


def test_without_a_worker_it_is_not_ready(program: Callable[..., Any]) -> None:
    found = program("read")("/api/v1/status").get_json()
    assert found["ready"] is False
    problems = {check["name"]: check["problem"] for check in found["checks"]}
    assert "wakeful-collector" in problems["worker"]


def test_forecast(program: Callable[..., Any], machine: Callable[..., Any], now_ms: int) -> None:
    machine("up").push([[now_ms, [1, 2, 3, 4]]], now_ms)
    found = program("read")("/api/v1/forecast").get_json()
    assert found["bytes_now"] > 0
    assert found["bytes_free"] > 0
    assert isinstance(found["fits"], bool)
