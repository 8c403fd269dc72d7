from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import database, inventories
from wakeful_wire import limits

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def connection(data: Path) -> Iterator[sqlite3.Connection]:
    with closing(database.writer(data, "state")) as opened:
        yield opened


def _keep(connection: sqlite3.Connection, name: str, text: str, at_ms: int) -> bool:
    return inventories.keep(connection, 1, name, f"hash of {text}", inventories.pack(text.encode()), at_ms)


def test_the_newest_document_wins_whatever_comes_last(connection: sqlite3.Connection) -> None:
    assert _keep(connection, "packages", "new", 20)
    assert not _keep(connection, "packages", "old", 10)
    assert inventories.body(connection, 1, "packages") == ("hash of new", 20, b"new")
    assert _keep(connection, "packages", "newer", 30)
    assert inventories.hashes(connection, 1) == {"packages": "hash of newer"}


def test_sizes_are_those_of_the_text(connection: sqlite3.Connection) -> None:
    _keep(connection, "packages", "x" * 1_000, 20)
    assert [tuple(row) for row in inventories.rows(connection, 1)] == [
        ("packages", "hash of " + "x" * 1_000, 20, 1_000)
    ]


def test_a_host_keeps_a_bounded_number_the_newest(connection: sqlite3.Connection) -> None:
    for number in range(limits.INVENTORIES_MAX + 5):
        _keep(connection, f"name-{number}", "x", number)
    held = inventories.hashes(connection, 1)
    assert len(held) == limits.INVENTORIES_MAX
    assert "name-4" not in held
    assert "name-5" in held


def test_forgetting_a_host_forgets_its_documents(connection: sqlite3.Connection) -> None:
    _keep(connection, "a", "x", 1)
    assert inventories.forget(connection, 1) == 1
    assert inventories.body(connection, 1, "a") is None
