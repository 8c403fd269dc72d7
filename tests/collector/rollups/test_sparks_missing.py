from __future__ import annotations

import numpy as np

from wakeful_collector import rollups
from wakeful_collector.ingest import backfill
from wakeful_wire.schema import series as named

from ..last_hours import sparks

MINUTE = 60_000
START = 1_795_046_400_000 // MINUTE * MINUTE


def test_a_figure_that_is_missing_is_none_and_the_others_are_not(data):
    times = START + np.arange(90) * MINUTE
    backfill.fill(data, 7, [named("system.cpu.utilization")], times, np.linspace(0, 1, 90)[:, None])
    assert sparks(data) == {}
    rollups.refresh_sparks(data, START + 90 * MINUTE)
    found = sparks(data)[7]
    assert None not in found.cpu
    assert list(found.cpu) == sorted(found.cpu)
    assert found.network == (None,) * 60
