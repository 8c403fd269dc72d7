"""The audit trail: whoever changes or removes a row breaks the chain from there."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.read.audit import verify
from wakeful_collector.store import audit
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def entry(number: int) -> audit.Entry:
    return audit.Entry(1000 + number, "user:ada", "192.0.2.7", "web", "host.rename", f"host-{number}", "done", {"n": 1})


@pytest.fixture
def trail(data: Path) -> Path:
    with changing(data) as connection:
        for number in range(5):
            audit.append(connection, entry(number))
    return data


def test_rows_come_back_as_written_newest_first(trail: Path) -> None:
    with changing(trail) as connection:
        rows = audit.rows(connection, 2)
        assert [row.entry for row in rows] == [entry(4), entry(3)]
        assert [row.id for row in audit.rows(connection, 10, before=3)] == [2, 1]
        assert [row.id for row in audit.rows(connection, 10, subject="host-1", principal="user:ada")] == [2]
        assert audit.rows(connection, 10, operation="none") == []
        assert audit.head(connection) == (5, rows[0].hash)


def test_a_whole_trail_holds(trail: Path) -> None:
    found = verify(trail)
    assert (found.rows, found.first_broken) == (5, None)
    assert len(found.head) == 64


def test_an_empty_trail_holds(data: Path) -> None:
    assert verify(data) == type(verify(data))(0, audit.START, None)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET principal = 'user:eve' WHERE id = 3", 3),
        ("UPDATE audit SET detail = '{\"n\":2}' WHERE id = 1", 1),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE id = 5", 5),
        ("DELETE FROM audit WHERE id = 2", 3),
        ("UPDATE audit SET hash = '0' WHERE id = 4", 4),
    ],
)
def test_tampering_shows(trail: Path, statement: str, broken: int) -> None:
    with sqlite3.connect(trail / "state.db") as connection:
        connection.execute(statement)
    assert verify(trail).first_broken == broken


@given(st.lists(st.text(), min_size=7, max_size=7), st.integers(0, 6))
def test_every_field_is_under_the_hash(texts: list[str], which: int) -> None:
    fields = ["principal", "address", "face", "operation", "subject", "outcome"]
    plain = dict(zip(fields, texts, strict=False))
    one = audit.Entry(1, detail={"x": texts[6]}, **plain)
    if which < 6:
        other = audit.Entry(1, detail={"x": texts[6]}, **{**plain, fields[which]: texts[which] + "x"})
    else:
        other = audit.Entry(1, detail={"x": texts[6] + "x"}, **plain)
    assert audit.chained(audit.START, one) == audit.chained(audit.START, one)
    assert audit.chained(audit.START, one) != audit.chained(audit.START, other)
