from __future__ import annotations

import pytest

from wakeful_collector import rollups
from wakeful_collector.store import database
from wakeful_wire.schema import series

from ..last_hours import sparks

START = 1_795_046_400_000 // 86_400_000 * 86_400_000
MINUTE = 60_000


def test_the_last_hour_is_kept_minute_by_minute(data, pusher):
    pusher.stretch(START, START + 10 * MINUTE, step_ms=15_000)
    assert rollups.refresh_sparks(data, START + 10 * MINUTE + 5_000) == 1
    found = sparks(data)[1]
    assert found.until_ms == START + 10 * MINUTE
    assert [len(line) for line in found[1:]] == [60] * 4
    assert found.cpu[:50] == (None,) * 50
    assert found.cpu[50:] == pytest.approx([0.0225 + at * 0.06 for at in range(10)])
    assert found.memory[59] == 0.5
    assert found.disk[59] == 0.25
    assert found.network[59] == 1000
    assert rollups.refresh_sparks(data, START + 10 * MINUTE + 30_000) == 0


def test_the_hour_moves_on_and_a_silent_host_fades(data, pusher):
    pusher.stretch(START, START + 10 * MINUTE, step_ms=15_000)
    rollups.refresh_sparks(data, START + 10 * MINUTE)
    before = sparks(data)[1]
    pusher.stretch(START + 10 * MINUTE, START + 12 * MINUTE, step_ms=15_000)
    rollups.refresh_sparks(data, START + 12 * MINUTE)
    after = sparks(data)[1]
    assert after.network[:58] == before.network[2:]
    assert after.network[58:] == (1000.0, 1000.0)
    rollups.refresh_sparks(data, START + 15 * MINUTE)
    assert sparks(data)[1].memory[56:] == (0.5, None, None, None)
    rollups.refresh_sparks(data, START + 600 * MINUTE)
    assert set(sparks(data)[1].memory) == {None}


def test_sealed_samples_count_and_missing_figures_are_none(data, settings, pusher):
    pusher.stretch(START, START + 120 * MINUTE)
    pusher.push([(START + 119 * MINUTE, [0.5])], host=2, columns=[series("x")])
    rollups.run_due(data, settings, START + 124 * MINUTE)
    assert database.reader(data, "samples").execute("SELECT count(*) FROM hot").fetchone()[0] == 0
    assert rollups.refresh_sparks(data, START + 124 * MINUTE) == 2
    found = sparks(data)
    assert [value is None for value in found[1].cpu] == [False] * 56 + [True] * 4
    assert set(found[2].cpu) == {None}


def test_a_clock_set_back_draws_the_hour_anew(data, pusher):
    pusher.stretch(START, START + 10 * MINUTE, step_ms=15_000)
    rollups.refresh_sparks(data, START + 5000 * MINUTE)
    assert rollups.refresh_sparks(data, START + 10 * MINUTE) == 1
    assert sparks(data)[1].until_ms == START + 10 * MINUTE
    assert sparks(data)[1].network[51:] == (1000.0,) * 9
