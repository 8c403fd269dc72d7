from __future__ import annotations

import numpy as np

from wakeful_collector.store import catalogue as module
from wakeful_collector.store import database, samples
from wakeful_collector.store.catalogue import catalogue
from wakeful_wire.schema import series


def test_series_are_found_by_pattern_and_labels_and_new_ones_join(data):
    connection = database.writer(data, "samples")
    first = [series("system.cpu.time", cpu="0", mode="user"), series("system.uptime")]
    samples.series_ids(connection, first)
    assert catalogue(data).matching(["*"], {}).tolist() == [1, 2]
    samples.series_ids(connection, [series("system.cpu.time", cpu="1", mode="user"), *first])
    known = catalogue(data)
    connection.close()
    assert known.matching(["system.cpu.*", "none"], {}).tolist() == [1, 3]
    assert known.matching(["system.cpu.tim?"], {"cpu": "1"}).tolist() == [3]
    assert known.matching(["system.cpu.*"], {"cpu": "1", "mode": "idle"}).tolist() == []
    assert known.matching(["SYSTEM.*"], {}).tolist() == []
    assert known.counters(np.array([1, 2])).tolist() == [True, False]
    assert known.series[3].labels == {"cpu": "1", "mode": "user"}


def test_forgotten_series_leave_the_catalogue_once_they_are_many(data, monkeypatch):
    monkeypatch.setattr(module, "_FORGOTTEN_MAX", 3)
    connection = database.writer(data, "samples")
    samples.series_ids(connection, [series("process.memory.usage", name=str(at)) for at in range(6)])
    before = catalogue(data)
    connection.execute("DELETE FROM series WHERE id < 6")
    assert catalogue(data) is before
    samples.series_ids(connection, [series("system.uptime")])
    after = catalogue(data)
    assert after is not before
    assert sorted(after.series) == [6, 7]
    assert after.matching(["*"], {}).tolist() == [6, 7]
    assert catalogue(data) is after
    connection.close()
