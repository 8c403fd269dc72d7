"""Checks say what is wrong in words, and never raise."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.read import audit, traffic
from wakeful_collector.read import health as read_health
from wakeful_collector.read import heartbeats as heartbeats_read
from wakeful_collector.store import database, heartbeats
from wakeful_collector.store.changes import changing
from wakeful_collector.web import health

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def problems(data: Path, now_ms: int) -> dict[str, str | None]:
    return {check.name: check.problem for check in health.checks(data, now_ms)}


def beat(data: Path, at_ms: int) -> None:
    with changing(data) as connection:
        heartbeats.beat(connection, [heartbeats.Heartbeat("worker", at_ms, 15, {})])


def test_all_is_well(data: Path, now_ms: int) -> None:
    beat(data, now_ms - 20_000)
    assert set(problems(data, now_ms).values()) == {None}


def test_a_stale_worker(data: Path, now_ms: int) -> None:
    beat(data, now_ms - 90_000)
    assert problems(data, now_ms)["worker"] == "the worker was last alive 90 s ago"


def test_no_databases_at_all(tmp_path: Path, now_ms: int) -> None:
    found = problems(tmp_path, now_ms)
    assert found["state database"] is not None
    assert found["worker"] is not None
    assert "state.db" in found["state database"]


def test_a_full_disk(data: Path, now_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    beat(data, now_ms)
    monkeypatch.setattr(traffic, "condition", lambda _: traffic.Condition(now_ms, None))
    monkeypatch.setattr(read_health, "writable", lambda _: "no room left")
    found = problems(data, now_ms)
    assert found["writable"] == "no room left"
    assert found["disk"] is not None
    assert "disk is full" in found["disk"]


def test_a_store_that_fails_is_a_problem_not_a_fault(data: Path, now_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("cannot be read")

    for module, name in (
        (traffic, "condition"),
        (read_health, "writable"),
        (audit, "rows"),
        (heartbeats_read, "of_all"),
    ):
        monkeypatch.setattr(module, name, fail)
    assert set(problems(data, now_ms).values()) == {"cannot be read"}


def test_a_damaged_table_is_a_problem_not_a_fault(data: Path, now_ms: int) -> None:
    with closing(database.writer(data, "state")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = connection.execute("SELECT rootpage FROM sqlite_master WHERE name IN ('audit', 'heartbeats')")
        roots = [page for (page,) in pages]
    content = bytearray((data / "state.db").read_bytes())
    for root in roots:
        content[(root - 1) * 4096 : root * 4096] = b"x" * 4096
    (data / "state.db").write_bytes(content)
    found = problems(data, now_ms)
    assert "is damaged" in str(found["state database"])
    assert "is damaged" in str(found["worker"])


def test_age_is_never_negative() -> None:
    assert health.age_seconds(heartbeats.Heartbeat("worker", 2000, 15, {}), 1000) == 0.0
