from __future__ import annotations

import _sqlite3
import ctypes
import gc
import os
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest

from wakeful_collector.store import database, migrations


@pytest.fixture
def data(tmp_path):
    database.create(tmp_path / "data")
    return tmp_path / "data"


def test_the_databases_are_made_for_their_owner_alone(data):
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for family in database.FAMILIES:
        assert stat.S_IMODE(database.database_path(data, family).stat().st_mode) == 0o600
        connection = database.reader(data, family)
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA application_id").fetchone()[0] == database.APPLICATION_ID


def test_creating_again_changes_nothing(data):
    before = migrations.steps("samples")
    database.create(data)
    rows = database.reader(data, "samples").execute("SELECT name FROM _sqlite_migrations").fetchall()
    assert [row[0] for row in rows] == [name for name, _ in before]


def test_many_may_create_at_once(tmp_path):
    script = (
        "import sys, pathlib; from wakeful_collector.store import database as d; d.create(pathlib.Path(sys.argv[1]))"
    )
    runs = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "x")]) for _ in range(4)]
    assert [run.wait() for run in runs] == [0, 0, 0, 0]


def test_a_newer_database_is_refused_and_left_alone(data):
    with sqlite3.connect(data / "samples.db") as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('samples', '999-later', '')"
        )
    with pytest.raises(database.DatabaseNewer, match=r"999-later.*Install that version"):
        database.create(data)


def test_what_is_no_database_is_refused(data):
    (data / "state.db").write_bytes(b"not a database at all" * 1000)
    with pytest.raises(database.DatabaseCorrupt, match="restore"):
        database.create(data)


def test_the_database_of_another_program_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(database.DatabaseCorrupt, match="not a database of Wakeful"):
        database.create(tmp_path)


def test_damage_within_is_said_when_it_is_met(data):
    path = data / "state.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(bytes(content))
    with pytest.raises(database.DatabaseCorrupt, match="restore FILE"), database.translated(path):
        database.reader(data, "state").execute("SELECT * FROM agents").fetchall()


def test_without_a_database_the_way_to_one_is_named(tmp_path):
    with pytest.raises(database.DatabaseMissing, match="serve"):
        database.reader(tmp_path, "state")
    with pytest.raises(database.DatabaseMissing, match="serve"):
        database.writer(tmp_path, "state")


def test_a_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(database.StoreError, match="--data"):
        database.create(tmp_path / "file" / "data")


def test_readers_cannot_write(data):
    with pytest.raises(database.StoreError, match="readonly"), database.translated():
        database.reader(data, "state").execute("CREATE TABLE x (y)")


def test_a_reader_is_kept_per_thread_and_opened_anew_for_a_new_file(data, tmp_path):
    first = database.reader(data, "state")
    assert database.reader(data, "state") is first
    others = []
    thread = threading.Thread(target=lambda: others.append(database.reader(data, "state")))
    thread.start()
    thread.join()
    assert others[0] is not first
    database.create(tmp_path / "new")
    os.replace(tmp_path / "new" / "state.db", data / "state.db")
    assert database.reader(data, "state") is not first


def test_only_some_readers_are_kept(tmp_path):
    for number in range(12):
        database.create(tmp_path / str(number))
        database.reader(tmp_path / str(number), "state")
    assert len(database._kept.readers) <= 8


def test_a_transaction_is_whole_or_nothing(data):
    connection = database.writer(data, "samples")
    with pytest.raises(sqlite3.IntegrityError), database.transaction(connection):
        connection.executemany("INSERT INTO folds VALUES (?, 1)", [(1,), (2,), (1,)])
    assert connection.execute("SELECT count(*) FROM folds").fetchone()[0] == 0
    with database.transaction(connection):
        connection.execute("INSERT INTO folds VALUES (1, 1)")
    assert connection.execute("SELECT count(*) FROM folds").fetchone()[0] == 1


def test_a_full_disk_is_store_full_and_reads_go_on(data):
    connection = database.writer(data, "samples")
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(database.StoreFull, match="disk is full"), database.transaction(connection):
        connection.executemany(
            "INSERT INTO schemas (hash, width, series) VALUES (?, 1, ?)", ((n, bytes(8000)) for n in range(1000))
        )
    assert not connection.in_transaction
    assert database.reader(data, "samples").execute("SELECT count(*) FROM schemas").fetchone()[0] == 0
    with database.transaction(connection):
        connection.execute("INSERT INTO folds VALUES (1, 1)")


LIMITED = """
import pathlib, resource, signal, sys
from wakeful_collector.store import database
data = pathlib.Path(sys.argv[1])
connection = database.writer(data, "samples")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    with database.transaction(connection):
        for number in range(200):
            connection.execute("INSERT INTO schemas (hash, width, series) VALUES (?, 1, ?)", (number, bytes(8000)))
except database.StoreFull as error:
    rows = database.reader(data, "samples").execute("SELECT count(*) FROM schemas").fetchone()[0]
    print("full", rows)
"""


def test_a_file_that_may_not_grow_is_store_full_too(data):
    run = subprocess.run([sys.executable, "-c", LIMITED, str(data)], capture_output=True, text=True)
    assert run.stdout == "full 0\n", run.stderr


def test_a_writer_that_waits_too_long_is_busy(data, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    one, two = database.writer(data, "state"), database.writer(data, "state")
    with (
        database.transaction(one),
        pytest.raises(database.StoreBusy, match="another writer"),
        database.transaction(two),
    ):
        pass


def test_a_mistake_of_ours_stays_what_it_is(data):
    with pytest.raises(sqlite3.OperationalError, match="no such table"), database.translated():
        database.reader(data, "state").execute("SELECT * FROM absent")


def test_the_gateways_writer_waits_for_no_disk_and_the_others_do(data):
    levels = {}
    for family in database.FAMILIES:
        connection = database.writer(data, family)
        levels[family] = connection.execute("PRAGMA synchronous").fetchone()[0]
        connection.close()
    assert levels == {"state": 2, "samples": 2, "gateway": 1}


def test_a_folder_from_before_the_gateway_gets_its_database(data):
    database.database_path(data, "gateway").unlink()
    database.create(data)
    assert database.reader(data, "gateway").execute("SELECT count(*) FROM machines").fetchone()[0] == 0


def test_the_readers_of_a_thread_are_closed_when_it_ends(data):
    gc.disable()
    try:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            thread = threading.Thread(target=database.reader, args=(data, "state"))
            thread.start()
            thread.join()
        assert len(os.listdir("/proc/self/fd")) < before + 10
    finally:
        gc.enable()


def test_whoever_rests_keeps_no_pages(data):
    used = ctypes.CDLL(_sqlite3.__file__).sqlite3_memory_used
    used.restype = ctypes.c_longlong
    writing = database.writer(data, "state")
    writing.execute("CREATE TABLE pages (content BLOB)")
    with database.transaction(writing):
        writing.executemany("INSERT INTO pages VALUES (?)", [(bytes(3_000),)] * 1_000)
    writing.close()
    assert database.reader(data, "state").execute("SELECT sum(length(content)) FROM pages").fetchone()[0] == 3_000_000
    before = used()
    database.rest()
    assert before - used() > 2_000_000
    assert database.reader(data, "state").execute("SELECT count(*) FROM pages").fetchone()[0] == 1_000
    anew = threading.Thread(target=database.rest)  # a thread without readers
    anew.start()
    anew.join()
