"""The page of one cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.pages import overview, rows
from wakeful_collector.model.estate import Usage
from wakeful_collector.read import proxmox

from .conftest import PART
from .estate_data import PATH, deed, guest, keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_everything_of_a_cluster_is_in_view(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    deed(home, "clone", "running", progress=0.42, note="copied a part")
    said = words(ada.get(PATH).text)
    for part in (
        "Needs a look",
        "The memory of pve2 is 97% used",
        "10.0.0.1",
        "31 %",
        "All 9",
        "Clone web: under way 42 %",
    ):
        assert part in said
    assert "config.memory 2048 became 4096" in said
    assert "job errors" in said
    assert "Migrate db on pve1" in said


@pytest.mark.parametrize("part", ["now", "guests", "storages", "events"])
def test_a_part_is_asked_for_again(ada: Any, home: Path, part: str) -> None:
    text = ada.get(f"{PATH}?part={part}", headers=PART).text
    assert "<html" not in text
    assert f'data-refresh="{PATH}?part={part}"' in ada.get(PATH).text


def test_a_cluster_that_was_never_seen_says_why(ada: Any, data: Path) -> None:
    nothing = {"guests": (), "nodes": (), "storages": (), "items": {}, "volumes": {}, "changes": (), "tasks": ()}
    keep(data, standing={"polled_ms": 0, "failed": "tls", "error": "the certificate is not trusted"}, **nothing)
    text = ada.get(PATH).text
    assert "It was not reached yet" in text
    assert "The certificate is not trusted." in text


def test_an_empty_cluster_says_that_it_is_empty(ada: Any, data: Path, words: Callable[[str], str]) -> None:
    nothing = {"guests": (), "nodes": (), "storages": (), "items": {}, "volumes": {}, "changes": (), "tasks": ()}
    keep(data, **nothing)
    said = words(ada.get(PATH).text)
    for part in ("Nothing is wrong:", "The token sees no node.", "No guest is there.", "The token sees no storage."):
        assert part in said
    assert "No task was seen." in said
    assert "Nothing changed since it is in view." in said


def test_guests_with_something_to_know_come_before_the_busiest() -> None:
    found = [guest(1, "idle"), guest(2, "busy"), guest(3, "locked", lock="backup"), guest(4, "t", template=True)]
    usage = {"qemu/1": Usage(0.1), "qemu/2": Usage(0.9)}
    assert [row.guest.name for row in overview.busiest(rows.guests(found, usage), 3)] == ["locked", "busy", "idle"]
    assert len(overview.busiest(rows.guests(found, usage), 1)) == 1


def test_somebody_lets_it_be_looked_at_now(ada: Any, home: Path, press: Callable[..., Any]) -> None:
    assert 'id="look-now"' in ada.get(PATH).text
    assert "It is looked at now." in press(ada, "proxmox.sync", cluster="home").text
    assert proxmox.standing(home, "home").asked_ms
