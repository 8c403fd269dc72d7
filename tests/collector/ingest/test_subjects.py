from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wakeful_collector import rollups
from wakeful_collector.ingest import subjects
from wakeful_collector.model.subject import FIRST_KEY
from wakeful_collector.read import latest, series
from wakeful_collector.store import database, history, proxmox_subjects, runs, samples, sealing, standing
from wakeful_collector.store.changes import changing
from wakeful_wire.schema import Series

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings

SERIES = (Series("proxmox.subject.up", ()), Series("system.cpu.utilization", ()))
HOUR = 3_600_000


def kept(data: Path, key: int, from_ms: int, count: int, run: str = subjects.MEASURED) -> None:
    ticks = [(from_ms + at * 10_000, (1.0, None if at % 7 == 3 else at / count)) for at in range(count)]
    subjects.keep(data, run, SERIES, [subjects.Piece(key, ticks)], from_ms + count * 10_000)


def test_samples_of_a_subject_are_charted_like_a_hosts(data: Path, settings: Settings, now_ms: int) -> None:
    begin = now_ms // HOUR * HOUR - 6 * HOUR
    for hour in range(4):
        kept(data, FIRST_KEY, begin + hour * HOUR, 360)
    assert subjects.newest_ms(data) == {FIRST_KEY: begin + 4 * HOUR - 10_000}
    done = rollups.run_due(data, settings, now_ms)
    assert done.folded == 1
    found = series.series(data, FIRST_KEY, ["proxmox.subject.up"], begin, begin + 4 * HOUR, 60, (), {}, now_ms, None)
    values = [value for value in found.columns[0].values if value is not None]
    assert set(values) == {1.0}
    assert len(values) == 48
    assert latest.latest(data, FIRST_KEY)


def test_a_subject_is_no_host_of_the_fleet(data: Path, settings: Settings, now_ms: int) -> None:
    kept(data, FIRST_KEY, now_ms - 600_000, 60)
    reader = database.reader(data, "samples")
    assert sealing.hosts(reader) == []
    assert runs.last_heard(reader) == {}
    assert history.last_seen(data) == {}
    assert standing.heard(reader) == {}
    assert latest.latest_of_all(data) == {}
    assert latest.latest_of_all(data, ["system.cpu.utilization"]) == {}
    assert rollups.refresh_sparks(data, now_ms) == 0
    assert rollups.Watch().refresh(data, now_ms) == 0
    rollups.run_due(data, settings, now_ms + 24 * HOUR)
    assert latest.latest_of_all(data) == {}
    assert latest.latest_of_all(data, ["system.cpu.utilization"]) == {}


def test_the_past_that_was_told_takes_its_place(data: Path, settings: Settings, now_ms: int) -> None:
    begin = now_ms // HOUR * HOUR - 8 * HOUR
    kept(data, FIRST_KEY, begin + 6 * HOUR, 360)
    rollups.run_due(data, settings, now_ms)
    kept(data, FIRST_KEY, begin, 360 * 6, subjects.TOLD)
    rollups.run_due(data, settings, now_ms + 20 * 60_000)
    found = series.series(data, FIRST_KEY, ["proxmox.subject.up"], begin, begin + 7 * HOUR, 40, (), {}, now_ms, None)
    assert None not in found.columns[0].values[1:-1]


def test_what_is_kept_is_bounded_like_a_hosts_and_dropped_with_its_subject(
    data: Path, settings: Settings, now_ms: int
) -> None:
    with changing(data) as connection:
        key = proxmox_subjects.add(connection, "home", "qemu/100", "", 1)
    kept(data, key, now_ms - 8 * HOUR, 360)
    rollups.run_due(data, settings, now_ms)
    rows = "SELECT count(*) FROM chunks WHERE host = ?"
    assert database.reader(data, "samples").execute(rows, (key,)).fetchone()[0] > 0
    with changing(data) as connection:
        proxmox_subjects.forget(connection, "home", now_ms)
    rollups.run_due(data, replace(settings), now_ms + 2 * HOUR)
    assert database.reader(data, "samples").execute(rows, (key,)).fetchone()[0] == 0
    assert subjects.newest_ms(data) == {}


def test_all_or_nothing_in_one_transaction(data: Path, now_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    subjects.keep(data, subjects.MEASURED, SERIES, [subjects.Piece(FIRST_KEY, [])], now_ms)
    pieces = [subjects.Piece(FIRST_KEY + at, [(now_ms, (1.0, 0.5))]) for at in range(3)]
    real, seen = samples.append, []

    def fails(*words: object) -> object:
        seen.append(words)
        if len(seen) == 3:
            raise RuntimeError("boom")
        return real(*words)  # type: ignore[arg-type]  # what was given

    monkeypatch.setattr(samples, "append", fails)
    with pytest.raises(RuntimeError):
        subjects.keep(data, subjects.MEASURED, SERIES, pieces, now_ms)
    assert subjects.newest_ms(data) == {}
    monkeypatch.undo()
    subjects.keep(data, subjects.MEASURED, SERIES, pieces, now_ms)
    assert len(subjects.newest_ms(data)) == 3
