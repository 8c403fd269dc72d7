"""All guests: searched, narrowed, sorted, page by page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.pages.guests import Wish

from .conftest import PART
from .estate_data import PATH, guest, keep

if TYPE_CHECKING:
    from pathlib import Path

GUESTS = f"{PATH}/guests"


def shown(text: str) -> list[int]:
    """Return the numbers of the guests that a page lists, in its order."""
    body = text.split("<tbody>", 1)[1].split("</tbody>", 1)[0] if "<tbody>" in text else ""
    return [int(number) for number in re.findall(r"/guests/(\d+)\"", body)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [101, 102, 103, 104, 105, 106, 201, 202, 900]),
        ("?q=web", [101]),
        ("?q=prod+pve1", [101]),
        ("?q=shop", [101]),
        ("?q=lxc", [201, 202]),
        ("?q=nothing", []),
        ("?state=stopped", [103]),
        ("?state=template", [900]),
        ("?state=other", [104, 106, 202]),
        ("?state=gone", [107]),
        ("?node=pve2&state=running", [102, 105]),
        ("?sort=cpu&state=running", [101, 102, 201, 105]),
        ("?sort=memory&state=running", [101, 102, 201, 105]),
        ("?sort=name&q=vm&state=nonsense", []),
        ("?sort=node&node=pve1", [101, 103, 104, 201, 900]),
        ("?page=99", [101, 102, 103, 104, 105, 106, 201, 202, 900]),
    ],
)
def test_guests_are_found(ada: Any, home: Path, query: str, found: list[int]) -> None:
    text = ada.get(GUESTS + query, headers=PART).text
    assert "<html" not in text
    assert shown(text) == found


def test_by_name_and_with_counts(ada: Any, home: Path) -> None:
    text = ada.get(f"{GUESTS}?sort=name").text
    assert shown(text)[:3] == [202, 105, 102]
    assert re.search(r'Running <span class="count">4</span>', text)
    assert re.search(r'Gone <span class="count">1</span>', text)
    assert "No guest fits." in ada.get(f"{GUESTS}?q=nothing").text


def test_memory_is_shown_with_its_source(ada: Any, home: Path) -> None:
    text = ada.get(GUESTS).text
    assert "page cache included" in text
    assert "Told by the guest&#39;s balloon driver" in text
    assert "control group" in text


def test_many_guests_come_page_by_page(ada: Any, data: Path) -> None:
    keep(data, guests=tuple(guest(number, f"vm-{number}") for number in range(1_000, 1_250)))
    first = ada.get(GUESTS).text
    assert len(shown(first)) == 100
    assert "250 guests, page 1 of 3" in first
    assert shown(ada.get(f"{GUESTS}?page=3").text)[0] == 1_200
    assert "Next" not in ada.get(f"{GUESTS}?page=3", headers=PART).text


def test_nothing_is_there(ada: Any, data: Path) -> None:
    keep(data, guests=(), changes=())
    assert "There is none." in ada.get(GUESTS, headers=PART).text


def test_a_wish_as_the_query_of_an_address() -> None:
    wish = Wish("web", "running", "pve1", "cpu", 3)
    assert wish.link() == {"q": "web", "state": "running", "node": "pve1", "sort": "cpu"}
    assert wish.link(page=4)["page"] == 4
    assert Wish().link() == {}
