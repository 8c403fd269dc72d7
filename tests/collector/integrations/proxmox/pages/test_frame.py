"""What all pages of a cluster share: how well it is in view, what is not permitted, who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .estate_data import HOSTILE, PATH, keep

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
