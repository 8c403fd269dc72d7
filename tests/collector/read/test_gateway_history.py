"""Questions about what went through the gateway, and how long a machine was on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.read import gateway_history as read
from wakeful_collector.store import gateway_history, gateway_machines, gateway_states
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_history import Request
from wakeful_collector.store.gateway_machines import MachineRow
from wakeful_collector.store.gateway_states import Turn

if TYPE_CHECKING:
    from pathlib import Path


def turned(data: Path, *steps: tuple[int, str, str]) -> None:
    with changing_gateway(data) as connection:
        for at_ms, was, state in steps:
            gateway_states.add_turn(connection, Turn("box", at_ms, was, state, "why", "itself"))


def test_pages_of_requests(data: Path) -> None:
    with changing_gateway(data) as connection:
        for at_ms in range(5):
            gateway_history.add(connection, Request(at_ms, "box", "key:a", "POST", "/", "m", 200, "ok"))
    first = read.requests(data, limit=2)
    assert [one.at_ms for _, one in first.requests] == [4, 3]
    second = read.requests(data, "box", limit=2, before=first.next)
    assert [one.at_ms for _, one in second.requests] == [2, 1]
    last = read.requests(data, limit=2, before=second.next, key="key:a")
    assert ([one.at_ms for _, one in last.requests], last.next) == ([0], None)
    assert read.requests(data, limit=0).requests == first.requests[:1]
    assert read.requests(data, "other").requests == []
    assert {one.name for one in read.totals(data)} == {"requests"}


def test_the_timeline_since_then(data: Path) -> None:
    turned(data, (10, "asleep", "waking"), (20, "waking", "awake"))
    assert [one.state for one in read.turns(data, "box", 0)] == ["awake", "waking"]
    assert [one.state for one in read.turns(data, "box", 15)] == ["awake"]
    assert read.turns(data, "box", 0, 1)[0].at_ms == 20


@pytest.mark.parametrize(
    ("since_ms", "now_ms", "seconds"),
    [
        (0, 100_000, 50.0),
        (30_000, 100_000, 40.0),
        (65_500, 66_000, 0.0),
        (50_000, 60_000, 10.0),
        (95_000, 200_000, 105.0),
        (100_000, 90_000, 0.0),
    ],
)
def test_how_long_it_was_on(data: Path, since_ms: int, now_ms: int, seconds: float) -> None:
    turned(
        data,
        (5_000, "asleep", "waking"),
        (20_000, "waking", "awake"),
        (50_000, "awake", "draining"),
        (60_000, "draining", "stopping"),
        (65_000, "stopping", "asleep"),
        (80_000, "asleep", "waking"),
        (90_000, "waking", "unreachable"),
        (95_000, "unreachable", "awake"),
    )
    assert read.awake_seconds(data, "box", since_ms, now_ms) == pytest.approx(seconds)


def test_how_long_a_machine_without_a_timeline_was_on(data: Path) -> None:
    assert read.awake_seconds(data, "box", 0, 10_000) == 0
    with changing_gateway(data) as connection:
        gateway_machines.keep(connection, MachineRow("box", "http://h:1", None, True, {}, "", 1, 1))
        gateway_states.keep(connection, "box", "awake", 0, "why", {})
    assert read.awake_seconds(data, "box", 0, 10_000) == 10
    turned(data, (4_000, "awake", "asleep"))
    assert read.awake_seconds(data, "box", 0, 10_000) == 4
