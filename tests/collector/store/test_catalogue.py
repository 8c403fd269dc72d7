from __future__ import annotations

import numpy as np

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
