"""Whoever asks sees when the worker was last alive."""

from wakeful_collector.read import heartbeats
from wakeful_collector.store import database
from wakeful_collector.store import heartbeats as table
from wakeful_collector.store.changes import changing


def test_nobody_was_alive_at_first(tmp_path):
    database.create(tmp_path)
    assert heartbeats.of_all(tmp_path) == {}


def test_what_was_written_is_read(tmp_path):
    database.create(tmp_path)
    beat = heartbeats.Heartbeat("worker", 7, 15.0, {"x": 1})
    with changing(tmp_path) as connection:
        table.beat(connection, [beat])
    assert heartbeats.of_all(tmp_path) == {"worker": beat}
