from __future__ import annotations

import pytest

from wakeful_collector.store import database, samples
from wakeful_collector.store.hot import read_ticks
from wakeful_collector.store.samples import Verdict
from wakeful_wire.schema import schema_hash, series

COLUMNS = [series("system.uptime"), series("system.cpu.time", cpu="0", mode="user")]
SCHEMA = schema_hash(COLUMNS)
DIGEST = b"0123456789abcdef"


@pytest.fixture
def connection(tmp_path):
    database.create(tmp_path)
    connection = database.writer(tmp_path, "samples")
    yield connection
    connection.close()


def push(sequence, time_ms=None, run="run-one-1", host=1, digest=DIGEST, schema=SCHEMA, ticks=None):
    time_ms = 1_000_000 + sequence * 15_000 if time_ms is None else time_ms
    return samples.hot_push(host, run, sequence, schema, [(time_ms, [1.0, None])] if ticks is None else ticks, digest)


def append(connection, *pushes):
    with database.transaction(connection):
        return [samples.append(connection, one, 5_000_000) for one in pushes]


@pytest.fixture
def known(connection):
    with database.transaction(connection):
        samples.add_schema(connection, SCHEMA, COLUMNS)
    return connection


def test_a_push_is_stored_once(known):
    assert append(known, push(0), push(1), push(1), push(0)) == [
        Verdict.NEW,
        Verdict.NEW,
        Verdict.KNOWN,
        Verdict.KNOWN,
    ]
    rows = known.execute("SELECT sequence, ticks FROM hot ORDER BY id").fetchall()
    assert [row[0] for row in rows] == [0, 1]
    times, values = read_ticks(rows[1][1])
    assert times.tolist() == [1_015_000]
    assert values[0, 0] == 1.0
    assert values[0, 1] != values[0, 1]


def test_the_same_sequence_with_other_content_is_a_conflict_while_hot(known):
    assert append(known, push(0), push(0, digest=b"something else!!")) == [Verdict.NEW, Verdict.CONFLICT]
    assert known.execute("SELECT count(*) FROM hot").fetchone()[0] == 1
    known.execute("DELETE FROM hot")
    assert append(known, push(0, digest=b"something else!!")) == [Verdict.KNOWN]


def test_an_unknown_schema_writes_nothing(connection):
    assert append(connection, push(0)) == [Verdict.UNKNOWN_SCHEMA]
    assert connection.execute("SELECT count(*) FROM runs").fetchone()[0] == 0


def test_an_old_push_is_known_even_when_its_schema_was_forgotten(known):
    append(known, push(0))
    known.execute("DELETE FROM hot")
    known.execute("DELETE FROM schemas")
    assert append(known, push(0)) == [Verdict.KNOWN]


def test_a_backlog_comes_in_any_order(known):
    assert set(append(known, push(5), push(9), push(2), push(3), push(7))) == {Verdict.NEW}
    assert set(append(known, push(5), push(9), push(2), push(3), push(7))) == {Verdict.KNOWN}
    assert set(append(known, *(push(n) for n in (4, 6, 8, 0, 1, 10)))) == {Verdict.NEW}
    row = known.execute("SELECT first, last, holes, from_ms, to_ms FROM runs").fetchone()
    assert tuple(row) == (0, 10, None, 1_000_000, 1_150_000)


def test_a_push_without_ticks_takes_its_sequence_only(known):
    assert append(known, push(0, ticks=[]), push(1), push(2, ticks=[]), push(0, ticks=[])) == [
        Verdict.NEW,
        Verdict.NEW,
        Verdict.NEW,
        Verdict.KNOWN,
    ]
    assert known.execute("SELECT from_ms, to_ms FROM runs").fetchone() == (1_015_000, 1_015_000)


def test_a_schema_is_stored_once_and_its_width_known(known):
    with database.transaction(known):
        samples.add_schema(known, SCHEMA, COLUMNS)
    assert known.execute("SELECT count(*), max(width) FROM schemas").fetchone() == (1, 2)
    assert known.execute("SELECT count(*) FROM series").fetchone() == (2,)
    assert samples.schema_width(known, SCHEMA) == 2
    samples._widths.clear()
    assert samples.schema_width(known, SCHEMA) == 2
    assert samples.schema_width(known, SCHEMA) == 2
    assert samples.schema_width(known, "f" * 32) is None


def test_the_kept_widths_are_bounded(known, monkeypatch):
    monkeypatch.setattr(samples, "_WIDTHS_KEPT", 1)
    samples._widths.clear()
    samples._remember("a", 1)
    samples._remember("b", 2)
    assert samples._widths == {"b": 2}


def test_a_twin_takes_its_run_with_it(known):
    append(known, push(0), push(0, run="run-two-2"), push(1, run="run-two-2"))
    with database.transaction(known):
        assert samples.move_run(known, 1, "run-two-2", 2) == 2
    assert append(known, push(1, run="run-two-2", host=2), push(0)) == [Verdict.KNOWN, Verdict.KNOWN]
    assert known.execute("SELECT host, count(*) FROM hot GROUP BY host ORDER BY host").fetchall() == [(1, 1), (2, 2)]
