"""The fleet's timeline: going on first, then over, then who asked for what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.outbox.watching import Lookout
from wakeful_collector.store import agents
from wakeful_collector.store.changes import changing

from .keeping import HOSTILE, NOW_MS, event, keeps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.config import Settings

PART = {"HX-Request": "true"}


@pytest.fixture
def ada(person: Callable[..., Any]) -> Any:
    return person("ada", "operate")


@pytest.fixture
def games(machine: Callable[..., Any], data: Path, settings: Settings) -> Any:
    told = [
        event(1, "watch.down", 60, HOSTILE, detail=HOSTILE),
        *(event(10 + number, "watch.down", 500, f"w{number}", incident=f"w{number}") for number in range(27)),
        *(event(50 + number, "watch.stopped", 400, f"w{number}", incident=f"w{number}") for number in range(27)),
    ]
    made = keeps(machine("games"), events=told)
    Lookout()(data, settings, NOW_MS)
    return made


def test_an_empty_timeline_says_what_will_stand_there(ada: Any) -> None:
    text = ada.get("/timeline").text
    for said in ("Nothing is wrong that Wakeful knows of.", "Nothing yet.", "Nobody asked a machine for anything yet."):
        assert said in text
    assert "badge" not in text


def test_what_goes_on_comes_first_and_is_counted_in_the_navigation(ada: Any, games: Any) -> None:
    text = ada.get("/timeline").text
    assert '<span class="badge">1<span' in text
    assert text.index('class="incident open"') < text.index('class="incident closed"')
    assert f"/hosts/{games.id}/watches?incident=inc_" in text
    assert "<img" not in text
    assert "\u202e" not in text


def test_taking_on_is_offered_to_those_who_may(ada: Any, games: Any, person: Callable[..., Any]) -> None:
    text = ada.get("/timeline?part=going-on", headers=PART).text
    assert "<html" not in text
    assert "Take on</button>" in text
    (found,) = re.findall(r'name="id" value="(inc_\w+)"', text)
    ada.post("/ask/incident.acknowledge", id=found)
    text = ada.get("/timeline").text
    assert "taken on by user:ada" in text
    assert "badge" not in text
    looked = person("bob", "read").get("/timeline").text
    assert "You can look, not touch." in looked


def test_what_is_over_comes_in_pages(ada: Any, games: Any) -> None:
    text = ada.get("/timeline").text
    assert text.count('class="incident closed"') == 25
    (older,) = re.findall(r'href="(/timeline\?before=\d+)#over"', text)
    rest = ada.get(older).text
    assert rest.count('class="incident closed"') == 2
    assert "part=over" not in rest
    assert "Nothing older." in ada.get("/timeline?before=1").text
    assert ada.get("/timeline?before=x").status_code == 400


def test_commands_name_who_asked_and_come_in_pages(ada: Any, games: Any, data: Path) -> None:
    for _ in range(26):
        ada.post("/ask/watch.repair", host=games.id, watch="survival")
    text = ada.get("/timeline?part=commands", headers=PART).text
    assert text.count("<strong>Repair survival</strong>") == 25
    assert ">ada<" in text
    assert f"/hosts/{games.id}/watches" in text
    (older,) = re.findall(r'href="(/timeline\?commands=\d+)#commands"', text)
    assert ada.get(older).text.count("<strong>Repair survival</strong>") == 1
    assert "Nothing older." in ada.get("/timeline?commands=1").text
    assert ada.get("/timeline?commands=x").status_code == 400
    with changing(data) as connection:
        agents.forget(connection, games.id, NOW_MS)
    assert "forgotten" in ada.get("/timeline?part=commands", headers=PART).text
