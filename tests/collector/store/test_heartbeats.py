"""Signs of life replace each other by name."""

from wakeful_collector.store import database, heartbeats
from wakeful_collector.store.changes import changing
from wakeful_collector.store.heartbeats import Heartbeat


def test_the_newest_sign_of_life_is_kept(tmp_path):
    database.create(tmp_path)
    first = [Heartbeat("worker", 1, 15.0, {}), Heartbeat("rollups", 1, 10.0, {"seconds": 0.5})]
    with changing(tmp_path) as connection:
        heartbeats.beat(connection, first)
        heartbeats.beat(connection, [Heartbeat("worker", 2, 20.0, {"error": "x"})])
        assert heartbeats.all_beats(connection) == {
            "rollups": first[1],
            "worker": Heartbeat("worker", 2, 20.0, {"error": "x"}),
        }
