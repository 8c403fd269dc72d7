"""Old rows and those past a bound go, each thing's own bound, and never what is still open."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from wakeful_collector.store.pruning import prune


def left(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT seq FROM things ORDER BY seq")]


def test_what_is_old_or_past_the_bound_goes() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE things (seq INTEGER PRIMARY KEY, owner TEXT, at_ms INTEGER, state TEXT)")
        rows = [(at, "ab"[at % 2], at, "open" if at in {2, 5} else "over") for at in range(1, 13)]
        connection.executemany("INSERT INTO things VALUES (?,?,?,?)", rows)
        assert prune(connection, "things", ("at_ms", 4), 100, ended="state = 'over'") == 2
        assert left(connection) == [2, *range(4, 13)]
        assert prune(connection, "things", ("at_ms", 0), 3, "owner", "state = 'over'") == 2
        assert left(connection) == [2, 5, *range(7, 13)], "three of each owner, and what is open"
        assert prune(connection, "things", ("at_ms", 0), 4) == 4
        assert left(connection) == [9, 10, 11, 12]
