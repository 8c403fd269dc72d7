"""What changed, and the difference between two moments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.read import proxmox_history
from wakeful_collector.read.proxmox_history import differences
from wakeful_collector.store import proxmox_changes, proxmox_estate
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_changes import Change, TaskRow

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def change(field: str, old: str | None, new: str | None, at_ms: int = 5, **more: Any) -> Change:
    return Change(at_ms, at_ms, "guest", "qemu/100", "web", "pve1", "", field, old, new)._replace(**more)


def add(data: Path, *changes: Change) -> None:
    with changing(data) as connection:
        proxmox_changes.add(connection, "home", changes)
        proxmox_estate.stand(connection, "home", since_ms=1, polled_ms=100)


def values(*changes: Change) -> list[tuple[str, str | None, str | None, int]]:
    return [(one.field, one.old, one.new, one.changes) for one in differences(changes)]


def test_several_changes_come_to_one_difference() -> None:
    assert values(change("tags", "a", "b"), change("tags", "b", "c"), change("node", "x", "y")) == [
        ("node", "x", "y", 1),
        ("tags", "a", "c", 2),
    ]


def test_there_and_back_is_no_difference() -> None:
    assert values(change("status", "running", "stopped"), change("status", "stopped", "running")) == []


def test_of_what_came_or_went_only_that_is_told() -> None:
    assert values(change("", None, "web"), change("tags", "a", "b")) == [("", None, "web", 1)]
    assert values(change("tags", "a", "b"), change("", "web", None)) == [("", "web", None, 1)]
    assert values(change("", None, "web"), change("", "web", None)) == []
    assert values(change("tags", "a", "b"), change("", "web", None), change("", None, "web")) == [("tags", "a", "b", 1)]


def test_who_did_it_last() -> None:
    (found,) = differences([change("tags", "a", "b", who="ann"), change("tags", "b", "c", 9, who="bob", name="www")])

    assert (found.who, found.last_ms, found.name) == ("bob", 9, "www")


def test_pages_of_changes(data: Path) -> None:
    add(data, *(change("tags", str(at), str(at + 1), at) for at in range(5)))
    first = proxmox_history.changes(data, "home", limit=3)
    assert [one.seen_ms for one in first.changes] == [4, 3, 2]
    second = proxmox_history.changes(data, limit=3, before=first.next)

    assert [one.seen_ms for one in second.changes] == [1, 0]
    assert second.next is None
    assert second.changes[0].cluster == "home"
    assert [one.seen_ms for one in proxmox_history.changes(data, span_ms=(1, 2)).changes] == [2]
    assert len(proxmox_history.changes(data, limit=9_999).changes) == 5


def test_the_difference_between_two_moments(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(data, change("tags", "a", "b", 5), change("tags", "b", "c", 10), change("node", "x", "y", 15, id="qemu/101"))

    assert [(one.old, one.new) for one in proxmox_history.diff(data, "home", 5, 12).differences] == [("b", "c")]
    found = proxmox_history.diff(data, "home", 1, 20, "qemu/101")
    assert [one.field for one in found.differences] == ["node"]
    assert found.is_complete
    assert not proxmox_history.diff(data, "home", 0, 20).is_complete  # nobody looked then
    monkeypatch.setattr(proxmox_history, "DIFFERENCE_CHANGES_MAX", 2)
    assert not proxmox_history.diff(data, "home", 1, 20).is_complete


def test_tasks(data: Path) -> None:
    rows = [TaskRow(name, "pve1", "qmstart", "100", "ann", at, 0, "") for name, at in (("a", 1), ("b", 2))]
    with changing(data) as connection:
        proxmox_changes.keep_tasks(connection, "home", rows)

    assert [one.upid for _, one in proxmox_history.tasks(data)] == ["b", "a"]
    assert [one.upid for _, one in proxmox_history.tasks(data, "home", "pve1", 100, 2, 1)] == ["a"]
    assert proxmox_history.tasks(data, vmid=101) == []
    found = proxmox_history.task(data, "home", "a")
    assert found is not None
    assert found.is_running
    assert proxmox_history.task(data, "home", "c") is None
