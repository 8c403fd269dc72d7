"""Backups: how old they are, and which guests have none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.model.estate import Area

from .estate_data import AREAS, PATH, keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BACKUPS = f"{PATH}/backups"


def test_never_backed_up_comes_first_then_the_oldest(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    text = ada.get(BACKUPS).text
    rows = re.findall(r"/guests/(\d+)\"", text.split("By guest", 1)[1].split("</tbody>", 1)[0])
    assert rows == ["103", "104", "105", "106", "201", "202", "102", "101"], "the template is none of them"
    said = words(text)
    assert "Never backed up 6" in said
    assert "Older than a week 1" in said
    assert "All backups together 19 GiB" in said
    assert "mail VM 103 never no" in said
    assert "db VM 102 12 days ago backup 5 GiB 1, 5 GiB yes" in said
    assert "666" in said.split("Of guests that are gone", 1)[1]


def test_jobs_are_said_in_words(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    said = words(ada.get(BACKUPS).text).split("Backup jobs", 1)[1]
    assert "nightly 03:00 all but 103, 104 backup snapshot daily 7, last 3" in said
    assert "one sun 02:00 101, 102 backup suspend" in said
    assert "shop off 04:00 pool shop backup stop" in said


@pytest.mark.parametrize(
    ("area", "said"),
    [
        (Area("backup jobs", "not_permitted", "Sys.Audit"), "Not permitted: Sys.Audit."),
        (Area("backup jobs", "seen"), "There is none: nothing is backed up by itself."),
        (Area("backup jobs", "failed", "no answer"), "They were not seen: no answer."),
        (Area("ha", "seen"), "They were not seen."),
    ],
)
def test_no_jobs_may_mean_several_things(
    ada: Any, data: Path, words: Callable[[str], str], area: Area, said: str
) -> None:
    keep(data, items={}, areas=(area,))
    assert said in words(ada.get(BACKUPS).text)


def test_where_a_storage_could_not_be_looked_into_nobody_says_never(
    ada: Any, data: Path, words: Callable[[str], str]
) -> None:
    hidden = Area("content/pbs", "not_permitted", "Datastore.Audit")
    keep(data, areas=(*AREAS, hidden), volumes={}, not_in_backup=())
    said = words(ada.get(BACKUPS).text)
    assert "Some storages could not be looked into: contents of pbs (not permitted)." in said
    assert "Never backed up 0" in said
    assert "not known" in said


def test_a_cluster_without_guests(ada: Any, data: Path, words: Callable[[str], str]) -> None:
    keep(data, guests=(), volumes={})
    assert "No guest is there." in words(ada.get(BACKUPS).text)
