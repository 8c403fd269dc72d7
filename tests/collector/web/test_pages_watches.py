"""What a host keeps alive, on its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.outbox.watching import Lookout
from wakeful_collector.read import incidents

from .keeping import HOSTILE, LINK, NOW_MS, event, keeps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.config import Settings

PART = {"HX-Request": "true"}


@pytest.fixture
def games(machine: Callable[..., Any]) -> Any:
    told = [
        event(1, "watch.down", 600, detail=HOSTILE, console=[HOSTILE, "Out of memory"]),
        event(2, "recovery.attempted", 590, attempt=1, of=5, summary="asked over the socket"),
        event(3, "recovery.given_up", 60, attempts=5, story=["one"]),
    ]
    return keeps(machine("games"), events=told)


@pytest.fixture
def ada(person: Callable[..., Any]) -> Any:
    return person()


def test_what_is_down_stands_first_and_hostile_names_are_text(ada: Any, games: Any) -> None:
    text = ada.get(f"/hosts/{games.id}/watches").text
    listed = text[text.index('class="watches stacked"') :]
    assert listed.index("&lt;img src=x") < listed.index("survival")
    assert "<img" not in text
    assert "\u202e" not in text
    assert '<span class="mood bad">down</span>' in listed
    assert "waits before the next attempt" in listed
    assert "in 40 s" in listed
    assert "2 of 5" in listed
    assert "flapping" in listed
    assert "rehearses" in listed
    assert "paused until" in listed


def test_an_incident_has_its_story_its_console_and_a_place_to_lead_to(ada: Any, games: Any, data: Path) -> None:
    (record,) = incidents.incidents(data).incidents
    text = ada.get(f"/hosts/{games.id}/watches?incident={record.incident.id}").text
    assert f'id="{record.incident.id}"' in text
    assert "Tried (attempt 1 of 5): asked over the socket." in text
    assert "Gave up after 5 attempts." in text
    assert "Out of memory" in text
    assert "people were called" in text
    ada.post("/ask/incident.acknowledge", id=record.incident.id)
    assert "taken on by user:ada" in ada.get(f"/hosts/{games.id}/watches").text


def test_an_incident_that_is_over_is_folded_and_an_old_one_is_found_by_its_link(
    ada: Any, machine: Callable[..., Any], data: Path, settings: Settings
) -> None:
    games = machine("games")
    told = []
    for number in range(12):
        seconds = 50_000 - number * 100
        told += [
            event(number * 2, "watch.down", seconds, f"w{number}", incident=f"i{number}"),
            event(number * 2 + 1, "watch.stopped", seconds - 10, f"w{number}", incident=f"i{number}"),
        ]
    keeps(games, events=told)
    Lookout()(data, settings, NOW_MS)
    over = incidents.incidents(data, "closed").incidents
    assert len(over) == 12
    first = over[-1].incident.id
    path = f"/hosts/{games.id}/watches"
    assert f'id="{first}"' not in ada.get(path).text
    linked = ada.get(f"{path}?incident={first}").text
    assert f'id="{first}"' in linked
    assert '<details class="past" id="past" open>' in linked
    assert "Nothing is wrong with it" in linked


def test_servers_have_figures_console_and_links_for_those_who_may(
    ada: Any, games: Any, person: Callable[..., Any]
) -> None:
    text = ada.get(f"/hosts/{games.id}/watches").text
    for said in ("150 %", "1 GiB", "of 4 GiB", "2 h", "survival on n1"):
        assert said in text, said
    assert f'href="{LINK}"' in text
    assert 'href="javascript' not in text
    assert 'value="start"' not in text
    assert 'value="stop"' in text
    looked = person("bob", "read").get(f"/hosts/{games.id}/watches").text
    assert "KeyKeyKey" not in looked
    assert "https://sshx.io/s/AbCd..." in looked


def test_killing_asks_for_the_name(ada: Any, games: Any) -> None:
    text = ada.get(f"/hosts/{games.id}/watches").text
    kill = text[text.index('<details class="menu sure">') :]
    assert 'Type <strong class="typed">survival</strong>' in kill[: kill.index("</details>")]


def test_readers_see_why_they_cannot_press(games: Any, person: Callable[..., Any]) -> None:
    text = person("bob", "read").get(f"/hosts/{games.id}/watches").text
    assert "You can look, not touch." in text
    assert text.count('disabled title="This needs the scope operate; yours: read."') > 8
    assert "hx-post" not in text[text.index('class="watches stacked"') : text.index("</table>")]


def test_what_was_not_announced_says_what_would_permit_it(ada: Any, machine: Callable[..., Any]) -> None:
    made = machine("web")
    body = [
        {"name": "nginx", "kind": "unit", "state": "odd", "phase": "new_phase"},
        {"name": "db", "kind": "unit", "state": "down", "phase": "given_up", "attempts": 5},
    ]
    said = {"watches": {"hash": "w", "body": body}}
    made.push([], NOW_MS, hello={"name": "web", "actions": []}, inventories=said)
    text = ada.get(f"/hosts/{made.id}/watches").text
    assert "web does not permit watch.repair for nginx." in text
    assert "allow = [&#34;watch.repair&#34;]" in text
    assert "odd" in text
    assert '<span class="mood bad">given up: a person is needed</span>' in text
    assert "new phase" in text
    assert "this collector can ask for nothing" in text


def test_a_host_without_watches_says_how_to_have_them(ada: Any, machine: Callable[..., Any]) -> None:
    text = ada.get(f"/hosts/{machine('bare').id}/watches").text
    assert "Nothing is kept alive here yet" in text
    assert "Nothing was asked of this machine yet." in text
    assert "Game servers" not in text


def test_parts_are_renewed_alone(ada: Any, games: Any) -> None:
    for part, said in (
        ("incidents", "Gave up"),
        ("list", "Repair now"),
        ("servers", "Restart"),
        ("commands", "Nothing was asked"),
    ):
        text = ada.get(f"/hosts/{games.id}/watches?part={part}", headers=PART).text
        assert said in text
        assert "<html" not in text
    assert "<html" in ada.get(f"/hosts/{games.id}/watches?part=other", headers=PART).text
    assert ada.get("/hosts/nobody/watches").status_code == 404


def test_other_actions_are_forms_of_their_typed_parameters(ada: Any, games: Any) -> None:
    text = ada.get(f"/hosts/{games.id}/watches").text
    assert "backup-world" in text
    assert '<option value="overworld">' in text
    assert 'name="with.keep" value="7" step="any" min="1" max="30"' in text
    assert 'type="checkbox" name="with.quick"' in text
    assert "(a+)+" not in text
    assert 'data-confirm="Ask games for backup-world?"' in text
    assert 'data-confirm="Ask games for list-worlds?"' not in text
    assert 'Type <strong class="typed">games</strong>' in text
