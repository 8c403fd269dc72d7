"""The page of all clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.pages import clusters
from wakeful_collector.model.estate import Estate

from .conftest import PART
from .estate_data import GIB, GUESTS, HOME, NODES, STORAGES, USAGE, add_cluster, keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIST = "/integrations/proxmox"


def test_nothing_is_there_yet(root: Any, bob: Any) -> None:
    assert "No Proxmox cluster is in view yet" in root.get(LIST).text
    assert "Add a cluster" in root.get(LIST).text
    assert "Add a cluster" not in bob.get(LIST).text
    assert 'aria-current="page"' in bob.get(LIST).text


def test_each_cluster_is_a_card_with_what_is_wrong_first(root: Any, home: Path, words: Callable[[str], str]) -> None:
    add_cluster(home, name="attic")
    text = root.get(LIST, headers=PART).text
    assert "<html" not in text
    assert f'href="{LIST}/home"' in text
    said = words(text)
    assert "Not looked at yet" in said, "of the one that nobody looked at"
    assert "Storage local-zfs on pve2 is 97% full" in said
    assert "and 6 more" in said
    assert "4 of 8 run" in said
    assert "Add a cluster" in root.get(LIST).text


def test_a_cluster_without_trouble_says_so(root: Any, data: Path) -> None:
    keep(data, guests=(), storages=(), items={}, volumes={}, tasks=(), nodes=NODES[:1])
    assert "Nothing is wrong." in root.get(LIST).text


def test_figures_count_what_is_online_and_each_storage_once() -> None:
    found = clusters.figures(Estate(HOME, nodes=NODES, guests=GUESTS, storages=STORAGES, usage=USAGE))
    assert (found.nodes, found.online, found.guests, found.running, found.templates) == (2, 2, 8, 4, 1)
    assert found.cpus == 24
    assert found.cpu is not None
    assert abs(found.cpu - (0.31 * 16 + 0.08 * 8) / 24) < 1e-9
    assert found.memory_max_bytes == 96 * GIB
    assert found.storage_max_bytes == 6_000 * GIB, "the shared one once"
    empty = clusters.figures(Estate(HOME))
    assert (empty.cpu, empty.memory, empty.storage) == (None, None, None)
