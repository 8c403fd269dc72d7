"""What an event says, in words, and where it happened."""

from __future__ import annotations

import html
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.daemon import events as agent_events
from wakeful_collector.model import event_kinds
from wakeful_collector.model.incident import NO_HOST
from wakeful_collector.read.events import EventRecord
from wakeful_collector.store import events as table
from wakeful_collector.store.changes import changing
from wakeful_collector.web import pages_events
from wakeful_wire.push import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW_MS = 1_795_000_000_000
HOSTILE = "<img src=x onerror=alert(1)>"


def event(kind: str, subject: str, **data: Any) -> EventRecord:
    return EventRecord(1, NO_HOST, "e1", NOW_MS, NOW_MS, kind, subject, data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, []),
        ({"incident": "inc_1", "detail": "does not wake up"}, [("", "does not wake up")]),
        ({"seconds_down": 75, "by": "recovery"}, [("down", "1 min"), ("by", "recovery")]),
        ({"seconds": 40.2}, [("after", "40 s")]),
        ({"until_ms": 0, "why": "new disks"}, [("until", "somebody ends it"), ("why", "new disks")]),
        ({"dry_run": True, "problems": [], "of": 5}, [("dry run", "yes"), ("of", "5")]),
        ({"x_ms": 10**400}, [("x", "inf")]),
        ({"seconds_down": True, "old_ms": "never"}, [("seconds down", "yes"), ("old ms", "never")]),
        ({"console_tail": ["x"], "story": [{"at": 1}]}, []),
    ],
)
def test_data_is_said_in_words(data: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert pages_events.said(data) == expected


def test_times_are_written_in_the_viewers_zone() -> None:
    ((name, value),) = pages_events.said({"last_seen_ms": NOW_MS})
    assert name == "last seen"
    assert str(value).startswith('<time datetime="2026-11-18T')


def test_rooms_have_places_and_machines_none() -> None:
    assert pages_events.place(event("gateway.unreachable", "at/tic")) == ("at/tic", "/integrations/ollama/at%2Ftic")
    assert pages_events.place(event("proxmox.backup_failed", "lab/backup/106")) == ("lab", "/integrations/proxmox/lab")
    assert pages_events.place(event("proxmox.drift", "VM 103", cluster="lab")) == ("lab", "/integrations/proxmox/lab")
    assert pages_events.place(event("watch.down", "nginx")) is None


def test_the_page_says_where_and_leads_to_the_story(
    person: Callable[..., Any], machine: Callable[..., Any], data: Path
) -> None:
    web = machine("web-1")
    fell = {"incident": "inc_web", "detail": HOSTILE}
    web.push(
        [[NOW_MS - 5000, [0.25, 1.0, 2.0, 4.0e9]]],
        NOW_MS,
        events=[{"id": "e1", "at": NOW_MS - 1000, "kind": "watch.down", "subject": "nginx", "data": fell}],
    )
    about = {"incident": "inc_box", "detail": "no answer", "last_seen_ms": NOW_MS}
    with changing(data) as connection:
        table.add(connection, NO_HOST, [Event("e2", NOW_MS, "gateway.unreachable", "attic", about)], NOW_MS)
        table.add(connection, 77, [Event("e3", NOW_MS, "agent.started", "gone", {})], NOW_MS)
    ada = person()
    text = ada.get("/events").text
    assert '<a href="/integrations/ollama/attic">attic</a>' in text
    assert "/timeline#inc_box" in text
    assert f"/hosts/{web.id}/watches?incident=inc_web#inc_web" in text
    assert "No answer. last seen <time" in text
    assert "forgotten" in text
    assert "<img" not in text
    assert "1795" not in text
    own = ada.get(f"/hosts/{web.id}/events").text
    assert f"/hosts/{web.id}/watches?incident=inc_web#inc_web" in own


def test_every_kind_belongs_to_a_family_that_can_be_chosen() -> None:
    known = [one.name for one in event_kinds.KINDS] + list(agent_events.KINDS)
    patterns = [pattern for pattern, _ in pages_events.KINDS]
    assert [kind for kind in known if not any(fnmatchcase(kind, pattern) for pattern in patterns)] == []
    assert [one for one in patterns if not any(fnmatchcase(kind, one) for kind in known)] == []


def told(text: str) -> list[str]:
    return re.findall('title="Only these">([^<]*)</a>', text)


def test_events_of_one_machine_and_of_one_kind(person: Callable[..., Any], machine: Callable[..., Any]) -> None:
    for name in ("web-1", "web-10", "db"):
        kinds = ("agent.started", "watch.down", "odd.thing") if name == "web-1" else ("agent.stopped",)
        many = [{"id": f"{name}{at}", "at": NOW_MS - at, "kind": kind, "data": {}} for at, kind in enumerate(kinds)]
        machine(name).push([[NOW_MS - 5000, [0.25, 1.0, 2.0, 4.0e9]]], NOW_MS, events=many)
    ada = person()
    assert set(told(ada.get("/events?kind=agent.*").text)) == {"agent.started", "agent.stopped"}
    one = ada.get("/events?kind=agent.*&host=WEB-1").text
    assert told(one) == ["agent.started"]
    assert '<option value="agent.*" selected>Agents</option>' in one
    assert "/events?kind=agent.started&amp;host=WEB-1" in one
    exact = ada.get("/events?kind=odd.thing").text
    assert told(exact) == ["odd.thing"]
    assert '<option value="odd.thing" selected>odd.thing</option>' in exact
    assert '2 machines are called like "web-"' in ada.get("/events?host=web-").text
    assert 'There is no machine called "&lt;img' in ada.get("/events?host=%3Cimg").text
    assert "No event of this kind on db." in ada.get("/events?host=d&kind=watch.down").text


def test_events_of_a_host_of_one_kind(person: Callable[..., Any], machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    many = [{"id": f"e{at}", "at": NOW_MS - at, "kind": f"agent.{at % 2}", "data": {}} for at in range(210)]
    web.push([[NOW_MS - 5000, [0.25, 1.0, 2.0, 4.0e9]]], NOW_MS, events=many)
    ada = person()
    for path in (f"/hosts/{web.id}/events", f"/events?host={web.id}"):
        first = ada.get(f"{path}{'&' if '?' in path else '?'}kind=agent.1").text
        assert told(first) == ["agent.1"] * 100
        (older,) = re.findall('href="([^"]*before=[^"]*)"', first)
        assert told(ada.get(html.unescape(older)).text) == ["agent.1"] * 5
    assert "No event of this kind on web-1." in ada.get(f"/hosts/{web.id}/events?kind=watch.*").text
