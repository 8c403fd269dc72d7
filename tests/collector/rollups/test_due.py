from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from wakeful_collector import rollups
from wakeful_collector.model import tiers
from wakeful_collector.rollups import due, fold
from wakeful_collector.store import agents, chunks, database, history, samples, sealing

START = 1_795_046_400_000 // 86_400_000 * 86_400_000
HOUR = 3_600_000
DAY = 24 * HOUR


def drain(data, settings, now_ms):
    done = rollups.run_due(data, settings, now_ms)
    assert not done.more
    return done


def whole(data, host=1):
    with history.looking(data) as connection:
        return history.raw(connection, host, 0, 2**50)


def counts(data):
    connection = database.reader(data, "samples")
    hot = connection.execute("SELECT count(*) FROM hot").fetchone()[0]
    found = dict(connection.execute("SELECT tier, count(*) FROM chunks GROUP BY tier").fetchall())
    return hot, found


def column(data, tier, number, stat):
    tables = chunks.read(database.reader(data, "samples"), 1, tier, 0, 2**50, np.array([number * tiers.STATS + stat]))
    assert tables
    return {time: value for table in tables for time, value in zip(table.times_ms.tolist(), table.values[0].tolist())}


def elsewhere(pusher, now_ms):
    """Let another host tick, so that it is sure how late it is."""
    pusher.push([(now_ms, [1.0] * 5)], host=9, run="run-nine-9")


def tiers_of(data, host=1):
    rows = database.reader(data, "samples").execute("SELECT DISTINCT tier FROM chunks WHERE host = ?", (host,))
    return {row[0] for row in rows}


def test_a_window_that_is_over_is_sealed_and_rolled_up(data, settings, pusher):
    pusher.stretch(START, START + 2 * HOUR + 300_000)
    before = whole(data)
    assert drain(data, settings, START + 2 * HOUR + due.GRACE_MS - 1) == (0, 0, 0, False)
    assert drain(data, settings, START + 2 * HOUR + due.GRACE_MS) == (1, 0, 0, False)
    assert counts(data) == (5, {0: 1, 60: 1, 600: 1, 3600: 1})
    after = whole(data)
    assert after.times_ms.tolist() == before.times_ms.tolist()
    assert after.keys.tolist() == before.keys.tolist()
    assert np.array_equal(after.values, before.values, equal_nan=True)
    assert drain(data, settings, START + 2 * HOUR + due.GRACE_MS + 10_000).folded == 0


def test_gauges_and_counters_are_rolled_up_each_in_its_way(data, settings, pusher):
    pusher.stretch(START, START + 2 * HOUR)
    drain(data, settings, START + 3 * HOUR)
    assert column(data, 600, 1, tiers.MEAN)[START + 600_000] == pytest.approx(0.27)
    assert column(data, 600, 1, tiers.LEAST)[START + 600_000] == 0
    assert column(data, 600, 1, tiers.MOST)[START + 600_000] == 0.54
    assert column(data, 600, 1, tiers.LAST)[START + 600_000] == 0.54
    assert set(column(data, 3600, 4, tiers.MEAN).values()) == {1000.0}
    assert column(data, 3600, 4, tiers.LAST)[START] == 5_000 + 3540 * 1000
    assert column(data, 60, 3, tiers.MEAN)[START + 60_000] == 0.25
    assert column(data, 60, 3, tiers.MEAN).get(START) != column(data, 60, 3, tiers.MEAN).get(START)  # no rate yet


def test_the_first_rate_of_a_window_comes_from_the_one_before(data, settings, pusher):
    pusher.stretch(START, START + 4 * HOUR)
    drain(data, settings, START + 2 * HOUR + due.GRACE_MS)
    drain(data, settings, START + 4 * HOUR + due.GRACE_MS)
    assert column(data, 60, 4, tiers.MEAN)[START + 2 * HOUR] == 1000


def test_late_samples_join_what_was_sealed(data, settings, pusher):
    pusher.stretch(START, START + HOUR)
    pusher.stretch(START + HOUR + 600_000, START + 2 * HOUR)
    drain(data, settings, START + 2 * HOUR + due.GRACE_MS)
    pusher.stretch(START + HOUR, START + HOUR + 600_000)
    assert drain(data, settings, START + 2 * HOUR + due.GRACE_MS + 60_000).folded == 0  # not so soon again
    assert drain(data, settings, START + 3 * HOUR).folded == 1
    assert len(whole(data).times_ms) == 120
    assert column(data, 600, 1, tiers.MEAN)[START + HOUR] == pytest.approx(0.27)
    assert len(column(data, 60, 1, tiers.LAST)) == 120


def test_a_day_that_is_over_becomes_one_chunk(data, settings, pusher):
    pusher.stretch(START, START + DAY + HOUR, a_push=10)
    for hour in range(2, 26, 2):
        drain(data, settings, START + hour * HOUR + due.GRACE_MS)
    before = whole(data)
    assert counts(data)[1] == {0: 12, 60: 12, 600: 12, 3600: 12}
    done = drain(data, settings, START + DAY + 3 * HOUR + due.GRACE_MS)
    assert done.compacted == 4
    assert counts(data)[1] == {0: 2, 60: 2, 600: 2, 3600: 2}
    after = whole(data)
    assert np.array_equal(after.values, before.values, equal_nan=True)
    assert len(column(data, 60, 4, tiers.MEAN)) == 25 * 60
    assert drain(data, settings, START + DAY + 3 * HOUR + due.GRACE_MS) == (0, 0, 0, False)


def test_each_tier_is_kept_as_long_as_the_settings_say(data, settings, pusher):
    pusher.stretch(START, START + 2 * HOUR)
    drain(data, settings, START + 3 * HOUR)
    for days, left in ((2, {60, 600, 3600}), (14, {600, 3600}), (90, {3600}), (400, set())):
        elsewhere(pusher, START + days * DAY)
        drain(data, settings, START + days * DAY)
        drain(data, settings, START + days * DAY + 2 * HOUR)
        assert tiers_of(data) == left


def test_a_backlog_older_than_the_samples_kept_fills_only_what_is_empty(data, settings, pusher):
    pusher.stretch(START, START + HOUR + 1_800_000)
    drain(data, settings, START + 3 * HOUR)
    elsewhere(pusher, START + 3 * DAY)
    drain(data, settings, START + 3 * DAY)
    assert 0 not in tiers_of(data)
    hour = column(data, 3600, 1, tiers.MEAN)[START + HOUR]
    pusher.stretch(START + HOUR + 1_800_000, START + 3 * HOUR)
    drain(data, settings, START + 3 * DAY + HOUR)
    assert column(data, 3600, 1, tiers.MEAN)[START + HOUR] == hour
    assert len(column(data, 60, 1, tiers.MEAN)) == 180
    assert 0 not in tiers_of(data)


@pytest.mark.parametrize(("bound", "most"), [("ROWS_MAX", 100), ("VALUES_MAX", 100 * 5)])
def test_a_long_backlog_is_folded_in_steps(data, settings, pusher, monkeypatch, bound, most):
    monkeypatch.setattr(fold, bound, most)
    pusher.stretch(START, START + 4 * HOUR)
    steps = 1
    while rollups.run_due(data, settings, START + 5 * HOUR).more:
        steps += 1
    assert steps == 3
    assert counts(data)[0] == 0
    assert len(column(data, 60, 1, tiers.LAST)) == 240


def test_a_host_moved_meanwhile_is_left_alone(data, settings, pusher, monkeypatch):
    pusher.stretch(START, START + HOUR)
    packed = sealing.pack

    def move_first(tables, level):
        with database.transaction(pusher.connection):
            samples.move_run(pusher.connection, 1, "run-one-1", 2)
        return packed(tables, level)

    monkeypatch.setattr(sealing, "pack", move_first)
    assert drain(data, settings, START + 3 * HOUR).folded == 0
    monkeypatch.undo()
    assert counts(data) == (60, {})
    assert drain(data, settings, START + 3 * HOUR).folded == 1
    assert len(whole(data, 2).times_ms) == 60


def test_upkeep_forgets_old_marks_unused_schemas_and_forgotten_hosts(data, settings, pusher, monkeypatch):
    pusher.stretch(START, START + HOUR)
    pusher.stretch(START, START + HOUR, host=2, run="run-two-2")
    with database.transaction(pusher.connection):
        samples.add_schema(pusher.connection, "f" * 32, [])
    monkeypatch.setattr(agents, "forgotten_keys", lambda _: [2])
    drain(data, settings, START + 3 * HOUR)
    connection = database.reader(data, "samples")
    assert connection.execute("SELECT count(*) FROM schemas").fetchone()[0] == 1
    assert [row[0] for row in connection.execute("SELECT DISTINCT host FROM chunks")] == [1]
    assert connection.execute("SELECT count(*) FROM runs").fetchone()[0] == 1
    elsewhere(pusher, START + 41 * DAY)
    drain(data, settings, START + 41 * DAY)
    assert [row[0] for row in connection.execute("SELECT host FROM runs")] == [9]
    assert connection.execute("SELECT count(*) FROM latest").fetchone()[0] == 1


def test_a_clock_far_ahead_drops_nothing_and_hinders_nothing_once_it_is_set_right(data, settings, pusher):
    pusher.stretch(START, START + 2 * HOUR)
    drain(data, settings, START + 2 * HOUR + due.GRACE_MS)
    pusher.stretch(START + 2 * HOUR, START + 3 * HOUR)
    drain(data, settings, START + 1000 * DAY)
    assert counts(data) == (0, {0: 1, 60: 1, 600: 1, 3600: 1})
    assert database.reader(data, "samples").execute("SELECT count(*) FROM runs").fetchone()[0] == 1
    pusher.stretch(START + 3 * HOUR, START + 5 * HOUR)
    assert drain(data, settings, START + 5 * HOUR).folded == 1
    assert len(whole(data).times_ms) == 300
    with database.transaction(pusher.connection):
        samples.add_schema(pusher.connection, "f" * 32, [])
    drain(data, settings, START + 7 * HOUR)
    assert database.reader(data, "samples").execute("SELECT count(*) FROM schemas").fetchone()[0] == 1


def test_a_host_forgotten_while_its_day_is_merged_stays_forgotten(data, settings, pusher, monkeypatch):
    pusher.stretch(START, START + 4 * HOUR, a_push=10)
    for hour in (2, 4):
        drain(data, settings, START + hour * HOUR + due.GRACE_MS)
    pack = chunks.pack

    def forget_first(table, level):
        sealing.upkeep(pusher.connection, 0, [1], START)
        return pack(table, level)

    monkeypatch.setattr(chunks, "pack", forget_first)
    drain(data, settings, START + 2 * DAY)
    assert counts(data) == (0, {})


def test_unused_room_goes_back_to_the_disk(data, settings, pusher):
    with database.transaction(pusher.connection):
        for number in range(300):
            pusher.connection.execute("INSERT INTO schemas VALUES (?, ?, 0, ?)", (number, str(number), bytes(9000)))
    pusher.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (data / "samples.db").stat().st_size
    drain(data, settings, START)
    pusher.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (data / "samples.db").stat().st_size < before / 2


KILLED = """
import pathlib, sys
from wakeful_collector import rollups
from wakeful_collector.config import Settings
data = pathlib.Path(sys.argv[1])
print("ready", flush=True)
for hour in range(2, 30):
    while rollups.run_due(data, Settings(data=data), int(sys.argv[2]) + hour * 3_600_000).more:
        pass
"""


def test_killed_at_any_moment_nothing_is_lost_or_doubled(data, settings, pusher):
    for host in (1, 2, 3):
        pusher.stretch(START, START + DAY, a_push=20, host=host, run=f"run-{host}-xx")
    before = {host: whole(data, host) for host in (1, 2, 3)}
    for wait_seconds in (0.0, 0.02, 0.05, 0.1, 0.15, 0.2):
        run = subprocess.Popen([sys.executable, "-c", KILLED, str(data), str(START)], stdout=subprocess.PIPE)
        assert run.stdout.readline() == b"ready\n"
        time.sleep(wait_seconds)
        run.kill()
        run.wait()
        run.stdout.close()
        for host, table in before.items():
            assert np.array_equal(whole(data, host).values, table.values, equal_nan=True)
    for hour in range(2, 30):
        drain(data, settings, START + hour * HOUR)
    hot, found = counts(data)
    assert hot == 0
    assert found == {0: 3, 60: 3, 600: 3, 3600: 3}
    for host, table in before.items():
        assert np.array_equal(whole(data, host).values, table.values, equal_nan=True)
    assert len(column(data, 60, 1, tiers.LAST)) == 1440


def test_late_samples_give_the_next_window_its_first_rate(data, settings, pusher):
    pusher.stretch(START + 2 * HOUR, START + 4 * HOUR)
    drain(data, settings, START + 5 * HOUR)
    assert np.isnan(column(data, 60, 3, tiers.MEAN)[START + 2 * HOUR])
    pusher.stretch(START, START + 2 * HOUR)
    drain(data, settings, START + 6 * HOUR)
    assert column(data, 60, 3, tiers.MEAN)[START + 2 * HOUR] == pytest.approx(0.25)
    assert whole(data).times_ms.tolist() == list(range(START, START + 4 * HOUR, 60_000))
