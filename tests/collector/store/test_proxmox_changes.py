"""The history of clusters and the tasks that were seen, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.store import proxmox_changes as table
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_changes import Change, TaskRow

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

DAY_MS = 86_400_000
ALL = (-1, 1 << 62)


@pytest.fixture
def connection(data: Path) -> Iterator[sqlite3.Connection]:
    with changing(data) as found:
        yield found


def change(at_ms: int, field: str = "tags", key: str = "qemu/100", **more: Any) -> Change:
    return Change(at_ms, at_ms, "guest", key, "web", "pve1", "ctime:1", field, "a", "b")._replace(**more)


def task(upid: str, started_ms: int = 5, ended_ms: int = 0, **more: Any) -> TaskRow:
    return TaskRow(upid, "pve1", "qmstart", "100", "ann@pve", started_ms, ended_ms, "OK" if ended_ms else "")._replace(
        **more
    )


def test_changes_newest_first_and_page_by_page(connection: sqlite3.Connection) -> None:
    table.add(connection, "home", [change(1), change(2, key="lxc/200"), change(3, kind="node")])
    table.add(connection, "lab", [change(4)])

    def times(*asked: Any) -> list[int]:
        return [one.seen_ms for _, _, one in table.page(connection, *asked)]

    assert times(None, None, None, None, ALL, 10) == [4, 3, 2, 1]
    assert times("home", None, None, None, ALL, 2) == [3, 2]
    assert times("home", "guest", None, None, ALL, 10) == [2, 1]
    assert times("home", None, "lxc/200", None, ALL, 10) == [2]
    assert times("home", None, None, 3, ALL, 10) == [2, 1]
    assert times("home", None, None, None, (1, 2), 10) == [2]
    assert table.page(connection, "lab", None, None, None, ALL, 10)[0][1] == "lab"


def test_changes_between_two_moments_oldest_first(connection: sqlite3.Connection) -> None:
    table.add(connection, "home", [change(1), change(2), change(3)])

    assert [one.seen_ms for one in table.between(connection, "home", 1, 3, 10)] == [2, 3]
    assert [one.seen_ms for one in table.between(connection, "home", 0, 3, 1)] == [1]


def test_a_task_that_ended_stays_ended(connection: sqlite3.Connection) -> None:
    table.keep_tasks(connection, "home", [task("a"), task("b", 6)])
    table.keep_tasks(connection, "home", [task("a", ended_ms=9)])
    table.keep_tasks(connection, "home", [task("a")])

    assert table.task(connection, "home", "a") == task("a", ended_ms=9)
    assert table.task(connection, "home", "none") is None
    assert [one.upid for one in table.running(connection, "home")] == ["b"]


def test_tasks_that_run_come_first(connection: sqlite3.Connection) -> None:
    table.keep_tasks(
        connection, "home", [task("old", 1), task("a", 5, 9), task("b", 6, 9), task("c", 7, 9, node="pve2")]
    )

    def upids(**asked: Any) -> list[str]:
        return [one.upid for _, one in table.tasks(connection, **asked)]

    assert upids(cluster=None) == ["old", "c", "b", "a"]
    assert upids(cluster="home", node="pve1", limit=2) == ["old", "b"]
    assert upids(cluster="home", before_ms=6) == ["old", "a"]
    assert upids(cluster="home", subject="101") == []


def test_the_history_is_kept_within_bounds_of_age_and_number(connection: sqlite3.Connection) -> None:
    now_ms = 1_000 * DAY_MS
    old_ms = now_ms - (table.CHANGES_DAYS + 1) * DAY_MS
    for name in ("home", "lab"):
        table.add(connection, name, [change(old_ms), *(change(now_ms - age) for age in (3, 2, 1))])
        table.keep_tasks(connection, name, [task("old", old_ms), task("a", now_ms - 2), task("b", now_ms - 1)])

    assert table.reaches_ms(connection, "home", most=5) == 0
    assert table.reaches_ms(connection, "home", most=4) == old_ms
    assert table.prune(connection, now_ms, changes_max=2, tasks_max=1) == 8
    assert [one.seen_ms for one in table.between(connection, "home", -1, now_ms, 10)] == [now_ms - 2, now_ms - 1]
    assert [one.upid for _, one in table.tasks(connection, "lab")] == ["b"]


def test_a_cluster_is_forgotten_whole(connection: sqlite3.Connection) -> None:
    for name in ("home", "lab"):
        table.add(connection, name, [change(1)])
        table.keep_tasks(connection, name, [task("a")])
    table.forget(connection, "home")

    assert [name for _, name, _ in table.page(connection, None, None, None, None, ALL, 10)] == ["lab"]
    assert [name for name, _ in table.tasks(connection, None)] == ["lab"]
