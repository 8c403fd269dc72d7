"""What went through the gateway: requests for a while, and counters that never fall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import gateway_history
from wakeful_collector.store.changes import changing_gateway

from .gateway_rows import NOW, request

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def connection(data: Path) -> Iterator[sqlite3.Connection]:
    with changing_gateway(data) as opened:
        yield opened


def totals(connection: sqlite3.Connection) -> dict[tuple[str, ...], float]:
    return {
        (one.name, *(f"{name}={value}" for name, value in one.labels.items())): one.value
        for one in gateway_history.totals(connection)
    }


def test_a_request_is_kept_and_counted(connection: sqlite3.Connection) -> None:
    whole = request(
        waited_ms=1_500,
        first_byte_ms=240,
        took_ms=9_000,
        bytes_in=10,
        bytes_out=20,
        prompt_tokens=3,
        completion_tokens=4,
    )
    gateway_history.add(connection, whole)
    gateway_history.add(connection, whole)
    gateway_history.add(connection, request(outcome="limited", status=429))
    assert [one for _, one in gateway_history.page(connection, None, None, None, 9)][1:] == [whole, whole]
    assert totals(connection) == {
        ("requests", "outcome=ok"): 2,
        ("requests", "outcome=limited"): 1,
        ("waits",): 2,
        ("waited_seconds",): 3,
        ("first_byte", "le=0.25"): 2,
        ("first_byte_sum",): 0.48,
        ("bytes_in",): 20,
        ("bytes_out",): 40,
        ("prompt_tokens", "model=llama3"): 6,
        ("completion_tokens", "model=llama3"): 8,
    }


def test_who_came_for_a_machine_is_counted_apart_from_who_was_turned_away(connection: sqlite3.Connection) -> None:
    (name,) = {request().machine}
    assert gateway_history.served(connection, name) == 0
    for outcome in gateway_history.OUTCOMES:
        gateway_history.add(connection, request(outcome=outcome))
    gateway_history.add(connection, request(outcome="ok"))
    assert gateway_history.served(connection, name) == 6
    assert gateway_history.served(connection, "other") == 0


def test_pages_go_back_through_the_requests_of_one(connection: sqlite3.Connection) -> None:
    for at in range(6):
        gateway_history.add(connection, request(at_ms=NOW + at, machine="box" if at % 2 else "other"))
    gateway_history.add(connection, request(key="key:b"))
    newest = gateway_history.page(connection, "box", "key:a", None, 2)
    assert [one.at_ms - NOW for _, one in newest] == [5, 3]
    assert [one.at_ms - NOW for _, one in gateway_history.page(connection, "box", "key:a", newest[-1][0], 9)] == [1]


def test_hostile_text_is_cut_and_made_up_models_are_one(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway_history.add(connection, request(path="/" + "x" * 9_000, model="m" * 9_000, prompt_tokens=1))
    kept = gateway_history.page(connection, None, None, None, 1)[0][1]
    assert (len(kept.path), len(kept.model)) == (512, 512)
    assert ("prompt_tokens", f"model={'m' * 128}") in totals(connection)
    monkeypatch.setattr(gateway_history, "MODELS_MAX", 3)
    for at in range(6):
        gateway_history.add(connection, request(model=f"made-up-{at}", completion_tokens=1))
    gateway_history.add(connection, request(model="made-up-1", completion_tokens=1))
    gateway_history.add(connection, request(model="", completion_tokens=1))
    found = {key[1]: value for key, value in totals(connection).items() if key[0] == "completion_tokens"}
    assert found == {"model=made-up-0": 1, "model=made-up-1": 2, "model=other": 5}


@pytest.mark.parametrize(
    ("seconds", "bound"), [(0.0, "0.05"), (0.05, "0.05"), (0.06, "0.1"), (300, "300"), (301, "+Inf")]
)
def test_the_bucket_of_a_time(seconds: float, bound: str) -> None:
    assert gateway_history.bucket(seconds) == bound


def test_counters_of_a_removed_machine_go(connection: sqlite3.Connection) -> None:
    gateway_history.count(connection, "box", "wakes", {"by": "request"})
    gateway_history.count(connection, "box", "awake_seconds", value=2.5)
    gateway_history.count(connection, "other", "wakes", {"by": "request"})
    gateway_history.forget(connection, "box")
    assert [one.machine for one in gateway_history.totals(connection)] == ["other"]


def test_old_and_too_many_requests_go(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gateway_history.prune(connection, NOW) == 0
    for days in (40, 31, 29, 1, 0):
        gateway_history.add(connection, request(at_ms=NOW - days * 86_400_000))
    assert gateway_history.prune(connection, NOW) == 2
    monkeypatch.setattr(gateway_history, "REQUESTS_MAX", 2)
    assert gateway_history.prune(connection, NOW) == 1
    assert len(gateway_history.page(connection, None, None, None, 99)) == 2
    assert totals(connection)[("requests", "outcome=ok")] == 5


def test_every_outcome_is_named_once() -> None:
    assert len(set(gateway_history.OUTCOMES)) == len(gateway_history.OUTCOMES) == 10
