from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.read import events

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_events_are_read_page_by_page(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one, other = machine("one"), machine("other")
    told = [{"id": f"e{n}", "at": now_ms + n, "kind": "agent.started", "data": {"n": n}} for n in range(5)]
    one.push([], now_ms, events=told)
    first = events.events(data, one.key, limit=3)
    assert [event.id for event in first.events] == ["e4", "e3", "e2"]
    assert first.events[0].data == {"n": 4}
    second = events.events(data, one.key, before=first.next, limit=3)
    assert [event.id for event in second.events][:2] == ["e1", "e0"]
    assert {event.host_key for event in events.events(data).events} == {one.key, other.key}
    assert events.events(data, other.key).next is None
    assert len(events.events(data, one.key, limit=0).events) == 1


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "1",
        "-",
        "a-b",
        "1-",
        "1-2-3",
        "\u0661-1",
        "9" * 40 + "-1",
        "9" * 19 + "-1",
        "1-" + "9" * 19,
        "1;DROP TABLE events",
    ],
)
def test_a_cursor_that_is_none_is_refused(data: Path, cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        events.events(data, before=cursor)


def test_what_arrives_is_read_in_that_order(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one = machine("one")
    begun = events.events(data).latest
    told = [{"id": f"e{n}", "at": now_ms - n, "kind": "agent.started", "data": {}} for n in range(5)]
    one.push([], now_ms, events=told)
    first = events.arrived(data, begun, limit=3)
    assert first is not None
    second = events.arrived(data, first.latest)
    assert second is not None
    names = [event.id for event in [*first.events, *second.events]]
    assert [name for name in names if name.startswith("e")] == [f"e{n}" for n in range(5)]
    assert events.arrived(data, second.latest) == events.EventPage([], None, second.latest)
    assert events.arrived(data, str(int(second.latest) + 1)) is None


@pytest.mark.parametrize("place", ["", "x", "-1", "\u0661", "9" * 19])
def test_a_place_that_is_none_is_refused(data: Path, place: str) -> None:
    with pytest.raises(ValueError, match="place"):
        events.arrived(data, place)
