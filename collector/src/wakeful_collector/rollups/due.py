"""What is due now: fold, merge, drop. Each step is one transaction, a call does a bounded number of them."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wakeful_collector.model.table import merge
from wakeful_collector.rollups.fold import DAY_MS, HOUR_MS, fold
from wakeful_collector.store import agents, chunks, codec, database, proxmox_subjects, sealing, sweeping
from wakeful_collector.store.history import looking

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from wakeful_collector.config import Settings

WINDOW_MS = 2 * HOUR_MS
GRACE_MS = 180_000
"""How long after a window's end its last pushes are waited for; what comes later is folded later."""

FOLD_EVERY_MS = 600_000
"""A host that drains a backlog is folded no more often than this."""

FOLDS_A_CALL = 40
MERGES_A_CALL = 20
DROPS_A_CALL = 50
UPKEEP_EVERY_MS = HOUR_MS
MARKS_KEPT_MS = 40 * DAY_MS
"""Longer than an agent may keep a push (30 days), so that what was taken stays known."""

CLOCK_AHEAD_MS = DAY_MS
"""A clock that is further ahead of the newest tick was set wrong, or all hosts are silent: neither may drop history."""

MERGED_WINDOWS_MS = {0: (DAY_MS,), 60: (DAY_MS,), 600: (DAY_MS, 8 * DAY_MS), 3600: (DAY_MS, 32 * DAY_MS)}
"""Into which windows the chunks of a tier are merged once those are over."""


class Done(NamedTuple):
    """What one call did; `more` says that its bound was reached: call again at once."""

    folded: int
    compacted: int
    pruned: int
    more: bool


def run_due(data: Path, settings: Settings, now_ms: int) -> Done:
    """Fold windows that are over, merge their chunks into days, drop what is past its retention.

    Doing it again does nothing; killing it at any point loses and doubles nothing. A clock that runs far ahead of what
    agents push drops nothing. Raises StoreFull, StoreBusy.
    """
    with closing(database.writer(data, "samples")) as connection:
        connection.row_factory = None
        with database.translated(database.database_path(data, "samples")):
            folded, unfolded = _fold(data, connection, settings, now_ms)
            compacted = _merge(data, connection, now_ms)
            sure_ms = min(now_ms, sealing.newest_ms(connection, now_ms) + CLOCK_AHEAD_MS)
            pruned = _drop(connection, settings, sure_ms)
            _upkeep(data, connection, sure_ms, now_ms)
            sweeping.sweep(connection, now_ms)
            sealing.give_back(connection, 2_000)
    more = unfolded or folded == FOLDS_A_CALL or compacted >= MERGES_A_CALL or pruned >= DROPS_A_CALL
    return Done(folded, compacted, pruned, more)


def _fold(data: Path, connection: sqlite3.Connection, settings: Settings, now_ms: int) -> tuple[int, bool]:
    cut_ms = (now_ms - GRACE_MS) // WINDOW_MS * WINDOW_MS
    raw_from_ms = now_ms - settings.retention_raw_days * DAY_MS
    folded, unfolded = 0, False
    since_ms = max(now_ms - FOLD_EVERY_MS, cut_ms + GRACE_MS - 1)
    for host in sealing.due(connection, cut_ms, (since_ms, now_ms), FOLDS_A_CALL):
        try:
            unfolded |= not fold(data, connection, host, cut_ms, raw_from_ms, now_ms)
        except sealing.MovedError:
            continue  # its rows went to a twin while they were packed; the next call sees them there
        folded += 1
    return folded, unfolded


def _merge(data: Path, connection: sqlite3.Connection, now_ms: int) -> int:
    merged = 0
    for tier, windows in MERGED_WINDOWS_MS.items():
        for window_ms in windows:
            most = MERGES_A_CALL - merged
            with looking(data) as reader:
                for host, ids in sealing.crowded(reader, tier, window_ms, now_ms - WINDOW_MS, most):
                    table = merge([chunks.read_one(reader, chunk) for chunk in ids])
                    used = ~np.isnan(table.values).all(axis=1)
                    table = table._replace(keys=table.keys[used], values=table.values[used])
                    sealed = sealing.Sealed(tier, table, chunks.pack(table, codec.LEVEL_SEALED))
                    with suppress(sealing.MovedError):  # the host was forgotten meanwhile
                        sealing.replace(connection, host, ids, sealed)
                    merged += 1
    return merged


def _drop(connection: sqlite3.Connection, settings: Settings, now_ms: int) -> int:
    days = {
        chunks.RAW: settings.retention_raw_days,
        60: settings.retention_1m_days,
        600: settings.retention_10m_days,
        3600: settings.retention_1h_days,
    }
    return sum(
        sealing.drop_older(connection, tier, now_ms - kept * DAY_MS, DROPS_A_CALL) for tier, kept in days.items()
    )


def _upkeep(data: Path, connection: sqlite3.Connection, sure_ms: int, now_ms: int) -> None:
    if not 0 <= now_ms - sealing.upkeep_ms(connection) < UPKEEP_EVERY_MS:
        state = database.reader(data, "state")
        forgotten = [*agents.forgotten_keys(state), *proxmox_subjects.dropped_keys(state)]
        sealing.upkeep(connection, sure_ms - MARKS_KEPT_MS, forgotten, now_ms)
