"""A change is kept whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.model.store_errors import DatabaseMissing
from wakeful_collector.read import people as read
from wakeful_collector.store import people
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def test_what_ends_well_is_kept(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        people.add_user(connection, "ada", None, "read", now_ms)
    assert [user.name for user in read.users(data)] == ["ada"]


def _fail(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        people.add_user(connection, "ada", None, "read", now_ms)
        raise KeyError


def test_what_raises_is_undone(data: Path, now_ms: int) -> None:
    with pytest.raises(KeyError):
        _fail(data, now_ms)
    assert read.users(data) == []


def test_no_database_is_said_in_our_words(tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissing), changing(tmp_path):
        pass
