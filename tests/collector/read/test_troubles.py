"""Troubles and meters that fail are told together, none twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector import rollups
from wakeful_collector.model import incident as shapes
from wakeful_collector.read import fleet
from wakeful_collector.read.troubles import troubles
from wakeful_collector.store import incidents
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW_MS = 1_795_000_000_000
SERIES: list[list[Any]] = [["redis.up", {"target": "cache"}], ["system.uptime", {}]]


def outcome(word: str) -> dict[str, Any]:
    return {"outcome": word, "error": "because", "seconds": 0.1}


def test_meters_that_fail_are_named(data: Path, machine: Callable[..., Any]) -> None:
    one, other = machine("one"), machine("other")
    one.push([[NOW_MS, [1.0, 5.0]]], NOW_MS, SERIES, meters={"smart": outcome("failed"), "cpu": outcome("ok")})
    names = ["a", "b", "c", "d"]
    other.push([[NOW_MS, [1.0, 5.0]]], NOW_MS, SERIES, meters={name: outcome("timeout") for name in names})
    found = troubles(data)
    assert [(one.severity, one.text) for one in found[one.key]] == [("warn", "Meter smart does not come through")]
    assert [one.text for one in found[other.key]] == ["4 meters do not come through: a, b, c, ..."]
    assert list(troubles(data, one.key)) == [one.key]


def test_what_is_refused_or_not_there_is_no_trouble(data: Path, machine: Callable[..., Any]) -> None:
    said = {"smart": outcome("refused"), "zfs": outcome("nothing"), "ups": outcome("disabled")}
    machine().push([[NOW_MS, [1.0, 5.0]]], NOW_MS, SERIES, meters=said)
    assert troubles(data) == {}


def test_a_meter_whose_target_is_down_is_not_named_twice(data: Path, machine: Callable[..., Any]) -> None:
    said = {"redis": outcome("failed"), "smart": outcome("failed")}
    machine().push([[NOW_MS, [0.0, 5.0]]], NOW_MS, SERIES, meters=said)
    rollups.Watch().refresh(data, NOW_MS)
    (row,) = fleet.fleet(data, NOW_MS)
    assert [(one.kind, one.severity, one.subject) for one in row.problems] == [
        ("down", "bad", "Redis cache is down"),
        ("meter", "warn", "Meter smart does not come through"),
    ]
    assert fleet.chosen([row], fleet.Wish(words=("redis", "down"))) == [row]


def test_what_a_watch_tells_is_down_is_a_trouble_until_somebody_is_at_it(
    data: Path, machine: Callable[..., Any]
) -> None:
    games, other = machine("games"), machine("other")
    told = [
        {"id": kind, "at": NOW_MS, "kind": kind, "subject": "survival", "data": {"incident": kind}}
        for kind in ("watch.down", "watch.blind")
    ]
    games.push([[NOW_MS, [1.0, 5.0]]], NOW_MS, SERIES, events=told)
    other.push([[NOW_MS, [1.0, 5.0]]], NOW_MS, SERIES)
    expected = [("bad", "survival is down"), ("bad", "survival cannot be watched")]
    assert [(one.severity, one.text) for one in troubles(data)[games.key]] == expected
    assert troubles(data, other.key) == {}
    with changing(data) as connection:
        for one in incidents.going_on(connection):
            incidents.keep(connection, shapes.acknowledge(one, "user:ada", NOW_MS))
    assert troubles(data, games.key)[games.key][0][:3] == ("incident", "warn", "survival is down, ada is at it")
