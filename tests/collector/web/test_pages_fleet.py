"""The fleet's page and the events' page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

NOW_MS = 1_795_000_000_000
HOSTILE = "<script>alert('x')</script>\"&"


def test_an_empty_fleet_says_how_to_add_a_machine(person: Callable[..., Any]) -> None:
    text = person().get("/").text
    assert "No machine here yet" in text
    assert 'href="/machines/add"' in text


def test_nobody_sees_it_without_signing_in(app: Any) -> None:
    answer = app.test_client().get("/?q=web")
    assert answer.status_code in {302, 303}
    assert answer.headers["Location"].startswith("/sign-in")


def test_rows_are_shown_with_figures_and_hostile_names_escaped(
    person: Callable[..., Any], machine: Callable[..., Any]
) -> None:
    evil = machine(HOSTILE, [HOSTILE.replace(" ", "")])
    evil.push([[NOW_MS - 5000, [0.25, 1.0, 2.0, 4.0e9]]], NOW_MS)
    text = person().get("/").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&#34;&amp;" in text
    assert "25 %" in text
    assert f'href="/hosts/{evil.id}"' in text


def test_the_script_gets_the_rows_alone(person: Callable[..., Any], machine: Callable[..., Any]) -> None:
    machine("web-1")
    part = person().get("/", headers={"HX-Request": "true"}).text
    assert "web-1" in part
    assert "<html" not in part


def test_searching_sorting_and_views_are_in_the_address(
    person: Callable[..., Any], machine: Callable[..., Any]
) -> None:
    for name in ("web-1", "web-2", "db-1"):
        machine(name, ["prod"] if name == "web-1" else [])
    ada = person()
    text = ada.get("/?q=web&sort=name&order=down").text
    assert text.index("web-2") < text.index("web-1")
    assert "db-1" not in text
    assert 'aria-sort="descending"' in text
    assert "db-1" not in ada.get("/?tag=prod").text
    assert "No machine needs a look." in ada.get("/?view=problems").text
    assert "db-1" in ada.get("/?view=nonsense&sort=nonsense").text
    assert "Nothing fits" in ada.get("/?q=nothing+like+it").text
    assert "q=all&amp;tag=all&amp;view=problems" in ada.get("/?q=all&tag=all").text


def test_many_machines_come_in_pages(person: Callable[..., Any], machine: Callable[..., Any]) -> None:
    for number in range(63):
        machine(f"web-{number:03d}")
    ada = person()
    first, second = ada.get("/?sort=name").text, ada.get("/?sort=name&page=2").text
    assert ("web-059" in first, "web-060" in first) == (True, False)
    assert ("web-059" in second, "web-062" in second) == (False, True)
    assert "page=2" in first
    assert ada.get("/?page=99").text.count("data-row-link") == 3


def test_events_name_their_machine(person: Callable[..., Any], machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    event = {"id": "e1", "at": NOW_MS - 1000, "kind": "agent.started", "subject": HOSTILE, "data": {"why": HOSTILE}}
    web.push([[NOW_MS - 5000, [0.25, 1.0, 2.0, 4.0e9]]], NOW_MS, events=[event])
    ada = person()
    text = ada.get("/events").text
    assert "agent.started" in text
    assert "web-1" in text
    assert "<script>alert" not in text


def test_no_events_is_said(person: Callable[..., Any]) -> None:
    assert "Nothing happened yet" in person().get("/events").text


@pytest.mark.parametrize("path", ["/events?before=nonsense", "/hosts/{id}/events?before=1"])
def test_a_cursor_that_is_none_is_refused(person: Callable[..., Any], machine: Callable[..., Any], path: str) -> None:
    answer = person().get(path.format(id=machine().id))
    assert answer.status_code == 400
    assert "not one of this list" in answer.text


def test_a_machine_that_may_be_silent_is_no_problem(
    person: Callable[..., Any], machine: Callable[..., Any], frozen: list[int]
) -> None:
    nas = machine("nas")
    nas.push([[NOW_MS - 5000, [0.25, 1.0, 2.0, 4.0e9]]], NOW_MS)
    ada = person()
    frozen[0] = NOW_MS + 3_600_000
    assert "Silent, last push" in ada.get("/").text
    for kind, said in (("sleeping", "Asleep, last push"), ("maintenance", "In maintenance, last push")):
        ada.post("/ask/host.mark", **{"host": nas.id, "as": kind})
        text = ada.get("/").text
        assert said in text
        assert "1 machine, all well" in text
        page = ada.get(f"/hosts/{nas.id}").text
        assert "ada said so" in page
        assert "Silent since" not in page
    frozen[0] = NOW_MS + 1000
    assert "In maintenance." in ada.get(f"/hosts/{nas.id}").text
    ada.post("/ask/host.mark", **{"host": nas.id, "as": "sleeping", "minutes": "60", "reason": "night"})
    assert "May sleep until" in ada.get(f"/hosts/{nas.id}").text
    assert "May sleep" in ada.get("/").text
