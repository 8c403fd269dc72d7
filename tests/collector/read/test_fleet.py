"""The fleet's rows: what is a problem, what a search finds, which order rows come in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from wakeful_collector.model.host import Host, HostStatus
from wakeful_collector.read import fleet
from wakeful_collector.read.fleet_hours import Hour
from wakeful_collector.rollups import refresh_sparks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW_MS = 1_795_000_000_000
SERIES: list[list[Any]] = [
    ["system.uptime", {}],
    ["system.cpu.logical.count", {}],
    ["system.memory.limit", {}],
    ["system.cpu.utilization", {}],
    ["system.memory.utilization", {}],
    ["system.filesystem.utilization", {"mountpoint": "/", "device": "/dev/sda1", "type": "ext4"}],
    ["system.filesystem.utilization", {"mountpoint": "/srv", "device": "/dev/sdb1", "type": "ext4"}],
]


def row(name: str = "web-1", **more: Any) -> fleet.FleetRow:
    host = Host(1, f"id-{name}", name, more.pop("tags", ()), 0, more.pop("seen", NOW_MS), 15.0, "0.1.0")
    figures = {"cpu": None, "memory": None, "disk": None, "network": None, **more}
    status = figures.pop("status", HostStatus.UP)
    problems = figures.pop("problems", ())
    return fleet.FleetRow(
        host, status, problems, disk_mount="/", uptime_seconds=1.0, cores=1, memory_bytes=1.0, hour=None, **figures
    )


def names(rows: list[fleet.FleetRow]) -> list[str]:
    return [one.host.name for one in rows]


def test_row_holds_the_newest_figures_and_the_fullest_filesystem(data: Path, machine: Callable[..., Any]) -> None:
    web = machine("web-1", ["prod"])
    web.push([[NOW_MS - 5000, [100.0, 4, 8.0e9, 0.25, 0.5, 0.4, 0.7]]], NOW_MS, SERIES)
    (found,) = fleet.fleet(data, NOW_MS)
    assert found.host.id == web.id
    assert found.status is HostStatus.UP
    assert (found.cpu, found.memory, found.disk, found.disk_mount) == (0.25, 0.5, 0.7, "/srv")
    assert (found.cores, found.memory_bytes, found.uptime_seconds) == (4, 8.0e9, 100.0)
    assert found.problems == ()


def test_full_disks_and_memory_are_problems_the_worst_first(data: Path, machine: Callable[..., Any]) -> None:
    machine().push([[NOW_MS - 5000, [100.0, 4, 8.0e9, 0.25, 0.93, 0.91, 0.99]]], NOW_MS, SERIES)
    (found,) = fleet.fleet(data, NOW_MS)
    assert [(one.kind, one.severity, one.subject) for one in found.problems] == [
        ("disk", "bad", "/srv"),
        ("disk", "warn", "/"),
        ("memory", "warn", ""),
    ]


def test_one_row_read_alone_is_the_row_of_the_fleet_and_says_it_in_words(
    data: Path, machine: Callable[..., Any]
) -> None:
    full, other = machine("full"), machine("other")
    for one, share in ((full, 0.99), (other, 0.2)):
        ticks = [[NOW_MS - (40 - at) * 15_000, [100.0, 4, 8.0e9, 0.97, 0.93, 0.1, share]] for at in range(40)]
        one.push(ticks, NOW_MS, SERIES)
    refresh_sparks(data, NOW_MS)
    for row in fleet.fleet(data, NOW_MS):
        alone = fleet.one(data, row.host, NOW_MS)
        assert alone.hour is not None
        assert replace(alone, hour=None) == replace(row, hour=None)
        assert alone.hour.cpu == row.hour.cpu if row.hour else False
    told = {row.host.name: fleet.needs(row) for row in fleet.fleet(data, NOW_MS)}
    assert [one.text for one in told["full"]] == ["/srv is 99 % full", "Memory is 93 % used", "CPU at 97 % for 5 min"]
    assert [one.metric for one in told["full"]] == [fleet.SPACE, fleet.MEMORY_NOW, fleet.CPU_NOW]
    assert [one.kind for one in told["other"]] == ["memory", "cpu"]


def test_what_is_silent_or_double_is_said_elsewhere() -> None:
    both = (fleet.Problem("silent", "bad"), fleet.Problem("conflict", "conflict"))
    assert [one.text for one in both] == ["Silent", "Two machines push as one"]
    assert fleet.needs(row(problems=both)) == []


def test_busy_for_five_minutes_is_a_problem(data: Path, machine: Callable[..., Any]) -> None:
    busy = machine()
    ticks = [[NOW_MS - (40 - at) * 15_000, [100.0, 4, 8.0e9, 0.97, 0.5, 0.1, 0.1]] for at in range(40)]
    busy.push(ticks, NOW_MS, SERIES)
    refresh_sparks(data, NOW_MS)
    (found,) = fleet.fleet(data, NOW_MS)
    assert [one.kind for one in found.problems] == ["cpu"]
    assert found.problems[0].share == pytest.approx(0.97, abs=0.01)
    assert found.hour is not None
    assert found.hour.cpu[-1] == pytest.approx(0.97, abs=0.01)


def test_silence_hides_every_other_problem(data: Path, machine: Callable[..., Any]) -> None:
    machine().push([[NOW_MS - 5000, [100.0, 4, 8.0e9, 0.25, 0.99, 0.99, 0.99]]], NOW_MS, SERIES)
    (found,) = fleet.fleet(data, NOW_MS + 3_600_000)
    assert [one.kind for one in found.problems] == ["silent"]


def test_never_heard_is_new_and_no_problem(data: Path, machine: Callable[..., Any]) -> None:
    machine()
    (found,) = fleet.fleet(data, NOW_MS)
    assert (found.status, found.problems, found.cpu) == (HostStatus.NEW, (), None)


def test_twins_are_a_conflict() -> None:
    host = Host(1, "a", "web", (), 0, NOW_MS, 15.0, "0.1.0", twins=("b",))
    found = fleet._row(host, None, fleet._NOTHING, NOW_MS)
    assert (found.status, [one.severity for one in found.problems]) == (HostStatus.CONFLICT, ["conflict"])


def test_a_short_peak_is_no_problem() -> None:
    host = Host(1, "a", "web", (), 0, NOW_MS, 15.0, "0.1.0")
    found = fleet._row(host, Hour(np.zeros((4, 60)), None, None), fleet._NOTHING, NOW_MS)
    assert found.problems == ()
    assert found.network is None


def test_traffic_of_the_silent_is_not_known() -> None:
    host = Host(1, "a", "web", (), 0, NOW_MS - 3_600_000, 15.0, "0.1.0")
    found = fleet._row(host, Hour(np.zeros((4, 60)), None, 5.0), fleet._NOTHING, NOW_MS)
    assert (found.status, found.network) == (HostStatus.SILENT, None)


def test_problems_come_first_by_severity_then_by_share_then_by_natural_name() -> None:
    rows = [
        row("web-10"),
        row("web-2"),
        row("full", problems=(fleet.Problem("disk", "warn", 0.93, "/"),)),
        row("fuller", problems=(fleet.Problem("disk", "warn", 0.95, "/"),)),
        row("twin", problems=(fleet.Problem("conflict", "conflict"),)),
        row("gone", problems=(fleet.Problem("silent", "bad"),)),
    ]
    assert names(fleet.chosen(rows, fleet.Wish())) == ["gone", "twin", "fuller", "full", "web-2", "web-10"]
    assert names(fleet.chosen(rows, fleet.Wish(descending=True)))[-1] == "gone"


def test_names_sort_naturally_both_ways() -> None:
    rows = [row("b2"), row("B10"), row("a"), row("10")]
    assert names(fleet.chosen(rows, fleet.Wish(sort="name"))) == ["10", "a", "b2", "B10"]
    assert names(fleet.chosen(rows, fleet.Wish(sort="name", descending=True))) == ["B10", "b2", "a", "10"]


@pytest.mark.parametrize("sort", ["cpu", "memory", "disk", "network"])
def test_figures_sort_and_unknown_ones_come_last_either_way(sort: str) -> None:
    rows = [row("low", **{sort: 0.1}), row("none"), row("high", **{sort: 0.9})]
    assert names(fleet.chosen(rows, fleet.Wish(sort=sort))) == ["low", "high", "none"]
    assert names(fleet.chosen(rows, fleet.Wish(sort=sort, descending=True))) == ["high", "low", "none"]


def test_seen_sorts_by_the_last_push() -> None:
    rows = [row("old", seen=1), row("never", seen=None), row("new", seen=9)]
    assert names(fleet.chosen(rows, fleet.Wish(sort="seen", descending=True))) == ["new", "old", "never"]


def test_every_word_must_be_found_in_name_tag_or_status() -> None:
    rows = [row("web-1", tags=("prod",)), row("web-2", tags=("test",)), row("db-1", tags=("prod",))]
    assert names(fleet.chosen(rows, fleet.Wish(words=("web", "prod")))) == ["web-1"]
    assert names(fleet.chosen(rows, fleet.Wish(tag="prod"))) == ["db-1", "web-1"]
    assert names(fleet.chosen(rows, fleet.Wish(words=("up",), tag="test"))) == ["web-2"]


def test_views_count_and_choose() -> None:
    rows = [
        row("a"),
        row("b", status=HostStatus.SILENT, problems=(fleet.Problem("silent", "bad"),)),
        row("c", status=HostStatus.NEW),
        row("d", status=HostStatus.CONFLICT, problems=(fleet.Problem("conflict", "conflict"),)),
        row("e", status=HostStatus.SILENT, absence="sleeping"),
        row("f", absence="maintenance"),
    ]
    counted = fleet.counts(rows)
    expected = {"all": 6, "problems": 2, "silent": 1, "away": 1, "up": 3, "new": 1}
    assert {view: counted[view] for view in fleet.VIEWS} == expected
    assert names(fleet.chosen(rows, fleet.Wish(view="silent"))) == ["b"]
    assert names(fleet.chosen(rows, fleet.Wish(view="away"))) == ["e"]
    assert names(fleet.chosen(rows, fleet.Wish(view="up", sort="name"))) == ["a", "d", "f"]
    assert names(fleet.chosen(rows, fleet.Wish(view="problems"))) == ["b", "d"]


def test_tags_are_listed_once() -> None:
    assert fleet.tags([row(tags=("b", "a")), row(tags=("b",))]) == ["a", "b"]
