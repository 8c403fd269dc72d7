"""What all pages of a cluster share: how well it is in view, what is not permitted, who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.model.estate import Area

from .estate_data import HOSTILE, NOW_MS, PATH, keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGES = (
    "",
    "/guests",
    "/guests?state=gone",
    "/guests/101",
    "/guests/101/config",
    "/guests/101/snapshots",
    "/guests/101/history",
    "/guests/101/tasks",
    "/guests/105",
    "/guests/107",
    "/guests/202",
    "/nodes/pve1",
    "/nodes/pve2",
    "/storage",
    "/storage/pve1/backup",
    "/storage/pve2/local-zfs",
    "/backups",
    "/tasks",
    "/history",
    "/difference",
    "/plan",
    "/settings",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_and_names_are_no_markup(person: Callable[..., Any], data: Path, path: str) -> None:
    keep(data)
    answer = person("root", "admin").get(PATH + path)
    assert answer.status_code == 200, answer.text
    assert "<img" not in answer.text
    assert "\u202e" not in answer.text
    assert "home" in answer.text
    assert HOSTILE not in answer.text


def test_somebody_who_may_only_look_is_told_so_and_has_no_settings(bob: Any, home: Path) -> None:
    text = bob.get(PATH).text
    assert "You can look, not touch." in text
    assert f'href="{PATH}/settings"' not in text
    assert 'disabled title="This needs the scope operate' in bob.get(f"{PATH}/guests/101").text
    assert bob.get(f"{PATH}/settings").status_code == 403
    assert bob.get("/integrations/proxmox/none").status_code == 404


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        ({"failed": "unreachable", "error": "nobody answers"}, "Not reached. What is shown is older: nobody answers."),
        ({"failed": "auth", "error": "the token is gone", "polled_ms": 0}, "Not reached yet."),
        ({"polled_ms": NOW_MS - 3_600_000}, "Not seen lately. Is the collector&#39;s worker running?"),
        ({"polled_ms": 0}, "Not looked at yet"),
        ({"quorate": False}, "No quorum"),
        ({}, "In view"),
    ],
)
def test_how_well_a_cluster_is_in_view(
    root: Any, data: Path, words: Callable[[str], str], standing: dict[str, Any], said: str
) -> None:
    keep(data, standing=standing)
    assert said in words(root.get(PATH).text)
    assert "Test the connection" in root.get(PATH).text or "older" not in said


def test_what_is_not_permitted_is_said_on_every_page_and_is_not_empty(root: Any, data: Path) -> None:
    areas = [Area(f"node/pve{number}/tasks", "not_permitted", "Sys.Audit") for number in range(1, 6)]
    keep(data, areas=[*areas, Area("guests", "partial")])
    text = root.get(f"{PATH}/tasks").text
    assert "Not everything is in view:" in text
    assert "guests (part of it)" in text
    assert "tasks of node pve1" in text
    assert "and 2 more" in text
