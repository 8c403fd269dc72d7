"""Series of whoever is measured, answered to a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask


@pytest.fixture
def key(machine: Callable[..., Any], now_ms: int) -> int:
    """Who has measured something for ten minutes."""
    found = machine("web-1")
    found.push([[now_ms - 600_000 + n * 15_000, [0.25, 100.0, 200.0, 8e9]] for n in range(41)], now_ms)
    return int(found.key)


def test_a_room_answers_the_same_as_the_api(
    app: Flask, program: Callable[..., Any], key: int, machine: Callable[..., Any]
) -> None:
    query = "?name=system.cpu.*&from=-10m&points=300"
    with app.test_request_context(f"/{query}"):
        answered = kit.series_answer(key).get_json()
    hosts = program("read")("/api/v1/hosts").get_json()["hosts"]
    assert answered == program("read")(f"/api/v1/hosts/{hosts[0]['id']}/series{query}").get_json()
    assert len(answered["columns"]) == 3


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("?name=cpu&from=yesterday", 400, "from is 'yesterday'"),
        ("?from=-1h", 400, "name is missing"),
        ("?name=cpu&from=now&to=-1h", 422, "from must lie"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_way_out(
    app: Flask, key: int, query: str, status: int, said: str
) -> None:
    with app.test_request_context(f"/{query}"), pytest.raises(kit.WebError) as refused:
        kit.series_answer(key)
    assert refused.value.status == status
    assert said in refused.value.message
