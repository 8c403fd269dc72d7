"""Samples over the API: series as charts take them, and newest values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def host(machine: Callable[..., Any], now_ms: int) -> Any:
    """Ten minutes of a tick every 15 s; the counter of user time rises by half a second a second."""
    found = machine("web-1")
    start = now_ms - 600_000
    rows = [[start + n * 15_000, [0.25, 100 + n * 7.5, 200 + n * 7.5, 8e9]] for n in range(41)]
    found.push(rows, now_ms)
    return found


def test_series_as_a_chart_takes_them(program: Callable[..., Any], host: Any, now_ms: int) -> None:
    path = f"/api/v1/hosts/{host.id}/series?name=system.cpu.*&from=-10m&to=now&points=300"
    found = program("read")(path).get_json()
    assert (found["from"], found["to"]) == (now_ms / 1000 - 600, now_ms / 1000)
    assert found["step"] > 0
    assert all(isinstance(time, float | int) for time in found["times"])
    columns = {(one["name"], one["labels"].get("mode")): one for one in found["columns"]}
    utilization = columns["system.cpu.utilization", None]
    assert (utilization["unit"], utilization["kind"]) == ("1", "gauge")
    assert {value for value in utilization["values"] if value is not None} == {0.25}
    user = columns["system.cpu.time", "user"]
    assert (user["unit"], user["kind"]) == ("s/s", "counter")
    assert all(abs(value - 0.5) < 1e-6 for value in user["values"] if value is not None)
    assert all(len(one["values"]) == len(found["times"]) for one in found["columns"])


def test_labels_and_sums(program: Callable[..., Any], host: Any) -> None:
    asks, path = program("read"), f"/api/v1/hosts/{host.id}/series?name=system.cpu.time&from=-5m"
    one = asks(f"{path}&label=mode:user").get_json()["columns"]
    assert [column["labels"]["mode"] for column in one] == ["user"]
    summed = asks(f"{path}&by=cpu").get_json()["columns"]
    assert [column["labels"] for column in summed] == [{"cpu": "0"}]
    assert all(abs(value - 1.0) < 1e-6 for value in summed[0]["values"] if value is not None)


def test_the_heaviest_columns_alone(program: Callable[..., Any], host: Any) -> None:
    found = program("read")(f"/api/v1/hosts/{host.id}/series?name=system.cpu.*&from=-5m&most=1").get_json()
    assert [column["name"] for column in found["columns"]] == ["system.cpu.time", "system.cpu.utilization"]
    assert found["found"] == {"system.cpu.time": 2, "system.cpu.utilization": 1}


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("", 400, "name is missing"),
        ("?name=system.cpu.*&from=yesterday", 400, "from is 'yesterday'"),
        ("?name=system.cpu.*&points=0", 400, "points is '0'"),
        ("?name=system.cpu.*&label=mode", 400, "label is 'mode'"),
        ("?name=a%20b", 400, "name is 'a b'"),
        ("?name=x&start=-1h", 400, "'start' is not a parameter"),
        ("?name=x&from=now&to=-1h", 422, "from must lie"),
        ("?" + "&".join(["name=x"] * 65), 400, "name is given 65 times"),
    ],
)
def test_bad_questions_are_said(program: Callable[..., Any], host: Any, query: str, status: int, said: str) -> None:
    answer = program("read")(f"/api/v1/hosts/{host.id}/series{query}")
    assert answer.status_code == status
    assert said in answer.get_json()["message"]


def test_newest_values(program: Callable[..., Any], host: Any) -> None:
    asks = program("read")
    samples = asks(f"/api/v1/hosts/{host.id}/latest").get_json()["samples"]
    by_name = {(one["name"], one["labels"].get("mode")): one for one in samples}
    assert len(by_name) == 4
    user = by_name["system.cpu.time", "user"]
    assert (user["value"], user["unit"], user["kind"], user["time"]) == (400.0, "s", "counter", "2026-11-18T11:06:40Z")
    assert abs(user["rate"] - 0.5) < 1e-6
    some = asks(f"/api/v1/hosts/{host.id}/latest?name=system.mem*").get_json()["samples"]
    assert [(one["name"], one["value"], one["rate"]) for one in some] == [("system.memory.limit", 8e9, None)]


def test_newest_values_of_all(program: Callable[..., Any], host: Any, machine: Callable[..., Any]) -> None:
    machine("silent")
    found = program("read")("/api/v1/latest?name=system.memory.limit&name=nothing").get_json()["hosts"]
    assert [(one["id"], [sample["value"] for sample in one["samples"]]) for one in found] == [(host.id, [8e9])]


def test_too_much_at_once_is_refused(program: Callable[..., Any], machine: Callable[..., Any], now_ms: int) -> None:
    found = machine("many")
    wide = [["x.y", {"n": str(n)}] for n in range(2001)]
    found.push([[now_ms - 15_000, [1.0] * 2001], [now_ms, [1.0] * 2001]], now_ms, wide)
    answer = program("read")(f"/api/v1/hosts/{found.id}/series?name=x.*")
    assert (answer.status_code, answer.get_json()["error"]) == (422, "too_many_series")
    assert "2001 series" in answer.get_json()["message"]
