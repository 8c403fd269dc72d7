from __future__ import annotations

from contextlib import closing

from wakeful_collector import rollups
from wakeful_collector.rollups import due
from wakeful_collector.rollups.fold import fold
from wakeful_collector.store import database, history, samples

START = 1_795_046_400_000 // 86_400_000 * 86_400_000
HOUR = 3_600_000


def test_a_push_across_the_edge_is_split(data, settings, pusher):
    pusher.push([(START + 2 * HOUR + offset, [0.1, 0.2, None, 4.0, 5.0]) for offset in (-30_000, -15_000, 0, 15_000)])
    pusher.push([(START + HOUR, [0.1, 0.2, 3.0, 4.0, 5.0])])
    assert rollups.run_due(data, settings, START + 2 * HOUR + due.GRACE_MS).folded == 1
    with history.looking(data) as reader:
        assert len(history.raw(reader, 1, 0, 2**50).times_ms) == 5
    row = database.reader(data, "samples").execute("SELECT from_ms, to_ms FROM hot").fetchone()
    assert tuple(row) == (START + 2 * HOUR, START + 2 * HOUR + 15_000)
    assert samples.append(pusher.connection, samples.hot_push(1, "run-one-1", 0, "x", [], b"digest"), 1) == "known"


def test_a_host_without_old_rows_is_left_as_it_is(data, pusher):
    pusher.stretch(START + HOUR, START + 2 * HOUR)
    with closing(database.writer(data, "samples")) as connection:
        assert fold(data, connection, 1, START + HOUR, 0, START + 2 * HOUR)
        assert connection.execute("SELECT count(*) FROM hot").fetchone()[0] == 60
        assert connection.execute("SELECT count(*) FROM chunks").fetchone()[0] == 0
