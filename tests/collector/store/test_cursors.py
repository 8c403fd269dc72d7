from __future__ import annotations

import sqlite3

from wakeful_collector.store.cursors import named


def test_columns_are_read_by_name_on_any_connection() -> None:
    connection = sqlite3.connect(":memory:")
    assert named(connection, "SELECT ? AS first, 2 AS second", (1,)).fetchone()["second"] == 2
    assert named(connection, "SELECT :one AS first", {"one": 7}).fetchone()["first"] == 7
    assert connection.execute("SELECT 1").fetchone() == (1,)
