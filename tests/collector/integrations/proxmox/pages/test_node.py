"""The page of one node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.model.estate import Area, Node

from .conftest import PART
from .estate_data import HOME, NODES, PATH, guest, join, keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NODE = f"{PATH}/nodes/pve1"


def test_a_node_with_its_guests_storages_networks_and_tasks(
    ada: Any, home: Path, words: Callable[[str], str], machine: Callable[..., Any]
) -> None:
    host = machine("pve1")
    join(home, "node/pve1", host.id, "its name and address")
    text = ada.get(NODE).text
    said = words(text)
    for part in (
        "31 %",
        "40 GiB of 64 GiB",
        "pve-manager/9.0.3",
        "6.14.8-2-pve",
        "2 of 4 run",
        "vmbr0",
        "VLAN aware",
        "the house",
    ):
        assert part in said
    assert f'href="/hosts/{host.id}"' in text
    assert "dns" in said
    assert "local-zfs" in said
    part = ada.get(f"{NODE}?part=now", headers=PART).text
    assert "<html" not in part
    assert "31 %" in part
    assert ada.get(f"{PATH}/nodes/pve9").status_code == 404


@pytest.mark.parametrize(
    ("area", "said"),
    [
        (Area("node/pve1/networks", "not_permitted", "Sys.Audit is missing"), "Not permitted: Sys.Audit is missing"),
        (Area("node/pve1/networks", "seen"), "It has none."),
        (Area("node/pve1/networks", "failed", "no answer"), "They were not seen: no answer"),
        (Area("node/pve1/status", "not_permitted", "Sys.Audit"), "Not permitted: Sys.Audit."),
        (Area("node/pve1/status", "failed", "no answer"), "It could not be asked: no answer."),
    ],
)
def test_what_could_not_be_seen_says_why(
    ada: Any, data: Path, words: Callable[[str], str], area: Area, said: str
) -> None:
    keep(data, items={}, areas=(area,), guests=(), storages=(), tasks=(), volumes={})
    text = words(ada.get(NODE).text)
    assert said in text
    assert "None, as far as the token may see." in text
    assert "The token sees no storage of this node." in text


def test_a_node_that_is_offline_or_gone_says_so(ada: Any, data: Path, words: Callable[[str], str]) -> None:
    keep(data, nodes=(Node(HOME, "pve1", "offline", level="c"), NODES[1]))
    said = words(ada.get(NODE).text)
    assert "It is offline." in said
    assert "subscription: c" in said


def test_of_many_guests_the_first_are_shown_with_the_way_to_all(ada: Any, data: Path) -> None:
    keep(data, guests=tuple(guest(number, f"vm-{number}") for number in range(1_000, 1_120)))
    text = ada.get(NODE).text
    assert "120 on this node" in text
    assert "vm-1099" in text
    assert "vm-1100" not in text
    assert f'href="{PATH}/guests?node=pve1"' in text
