"""Storages and what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.pages.storage import area_of
from wakeful_collector.model.estate import Area, Storage

from .conftest import PART
from .estate_data import AREAS, HOME, PATH, STORAGES, VOLUMES, keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_list_of_storages(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    said = words(ada.get(f"{PATH}/storage").text)
    assert "backup nfs, shared Available pve1, pve2" in said
    assert "<html" not in ada.get(f"{PATH}/storage", headers=PART).text


def test_what_a_storage_holds_of_every_kind_and_of_one(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    path = f"{PATH}/storage/pve1/backup"
    said = words(ada.get(path).text)
    assert "4 volumes, 19.6 GiB together." in said
    assert "666, which is not there" in said
    assert "Backups 3" in said
    assert "verified: ok" in said
    assert "debian-12.iso" not in words(ada.get(f"{path}?kind=backup").text)
    assert "1 volume" in words(ada.get(f"{path}?kind=iso").text)
    assert "It holds nothing of this kind" not in said
    assert "4 volumes" in words(ada.get(f"{PATH}/storage/pve2/backup").text), "a shared one is the same everywhere"
    assert ada.get(f"{PATH}/storage/pve1/none").status_code == 404
    assert ada.get(f"{PATH}/storage/pve2/old").status_code == 404


@pytest.mark.parametrize(
    ("area", "said"),
    [
        (Area("content/backup", "not_permitted", "Datastore.Audit"), "The token may not look into this storage"),
        (Area("content/backup", "failed", "no answer"), "Its contents were not seen lately. No answer."),
        (Area("content/backup", "seen"), "volumes"),
    ],
)
def test_how_its_contents_were_seen(ada: Any, data: Path, words: Callable[[str], str], area: Area, said: str) -> None:
    keep(data, areas=(area,))
    assert said in words(ada.get(f"{PATH}/storage/pve1/backup").text)


def test_a_storage_without_anything(ada: Any, data: Path, words: Callable[[str], str]) -> None:
    keep(data, volumes={}, areas=(Area("content/backup", "seen"),))
    assert "It holds nothing." in words(ada.get(f"{PATH}/storage/pve1/backup").text)
    said = words(ada.get(f"{PATH}/storage/pve1/local-zfs").text)
    assert "Its contents were not seen. It was not looked at yet." in said
    assert "Nothing of it was seen yet." in said


def test_the_area_of_a_storage() -> None:
    shared, alone = STORAGES[2], STORAGES[0]
    assert area_of(AREAS, shared).name == "content/backup"
    assert area_of(AREAS, alone).name == "content/pve1/local-zfs"
    assert area_of((), Storage(HOME, "x", "pve1")).state == "stale"
    assert VOLUMES
