"""What changed, and the difference between two moments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import PART
from .estate_data import PATH, change, keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HISTORY = f"{PATH}/history"


def test_changes_newest_first_with_old_new_who_and_where_it_leads(
    ada: Any, home: Path, words: Callable[[str], str]
) -> None:
    text = ada.get(HISTORY).text
    said = words(text)
    assert said.index("local-zfs") < said.index("ops@pve") < said.index("old-wiki")
    assert "config.memory 2048 became 4096 root@pam task" in said
    assert "old-wiki 107 the whole gone" in said
    assert "mail 103 the whole came" in said
    assert "no task tells" in said
    for link in ("/guests/101", "/nodes/pve2", "/storage/pve1/local-zfs"):
        assert f'href="{PATH}{link}"' in text


def test_of_one_kind_alone(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    said = words(ada.get(f"{HISTORY}?kind=node", headers=PART).text)
    assert "pve2" in said
    assert "old-wiki" not in said
    assert "old-wiki" in words(ada.get(f"{HISTORY}?kind=nonsense", headers=PART).text)
    assert "Nothing changed since it is in view." in ada.get(f"{HISTORY}?kind=pool", headers=PART).text


def test_a_long_history_comes_page_by_page(ada: Any, data: Path) -> None:
    keep(data, changes=[change(500 - number, "config.cores", str(number), str(number + 1)) for number in range(150)])
    text = ada.get(HISTORY).text
    older = re.search(r'href="([^"]+before=\d+)"', text)
    assert older
    assert ada.get(older[1]).text.count("<tr>") == 51
    assert "Nothing older." in ada.get(f"{HISTORY}?before=1").text


def test_the_difference_between_two_moments(ada: Any, data: Path, words: Callable[[str], str]) -> None:
    keep(
        data,
        changes=[
            change(90_000, "config.cores", "1", "2"),
            change(60, "config.cores", "2", "4"),
            change(50, "", None, "new", id="qemu/300", name="new"),
            change(40, "", "old", None, id="qemu/301", name="old"),
        ],
    )
    said = words(ada.get(f"{PATH}/difference?since=24h").text)
    assert "config.cores 2 became 4" in said
    assert "new 300 the whole came" in said
    assert "old 301 the whole gone" in said
    assert "config.cores 1 became 4" not in said


@pytest.mark.parametrize(
    "query", ["", "?since=nonsense", "?from=nonsense", "?from=2026-11-01T00:00&to=2026-11-02", "?from=9999-01-01"]
)
def test_what_is_no_moment_is_a_day(ada: Any, home: Path, query: str) -> None:
    assert ada.get(f"{PATH}/difference{query}").status_code == 200


def test_nothing_is_other(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    said = words(ada.get(f"{PATH}/difference?from=2026-11-17T23:00&to=2026-11-17T23:01:00%2B00:00").text)
    assert "Nothing is other." in said
