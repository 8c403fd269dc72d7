"""The job that takes up what was asked for: a thread for each deed, one at a time for each guest, bounded in number."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting import doing, journal
from wakeful_collector.integrations.proxmox.acting.judging import End
from wakeful_collector.job import Job
from wakeful_collector.read import proxmox_applies as applies
from wakeful_collector.read import proxmox_deeds as deeds
from wakeful_collector.store import proxmox_deeds as table
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_deeds import ASKED, REFUSED, RUNNING

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.store.proxmox_deeds import DeedRow

LOOK_SECONDS = 0.5
RUNNING_MAX = 24
BEGINS_WITHIN_SECONDS = 300
"""What nobody took up for so long is not begun any more: whoever asked does not expect it."""
QUEUED_NOTED_SECONDS = 30
KEPT_DAYS = 400
_DAY_MS = 86_400_000


class Doer:
    """Takes up deeds, and goes on with those that an earlier worker left behind."""

    def __init__(self) -> None:
        self._threads: dict[tuple[Path, str], threading.Thread] = {}

    def __call__(self, data: Path, _settings: Settings, now_ms: int) -> None:
        """Look once; what is begun goes on in threads that end with the process."""
        self._threads = {key: one for key, one in self._threads.items() if one.is_alive()}
        rows = deeds.open_ones(data)
        for row in rows:
            if row.state == RUNNING and (data, row.id) not in self._threads:
                self._start(data, row, begins=False)
        waiting = any(row.state == ASKED for row in rows)
        running = {(row.cluster, row.vmid) for row in rows if row.state == RUNNING and row.vmid}
        running |= _by_plans(data) if waiting else set()
        for row in rows:
            if row.state == ASKED:
                self._take_up(data, row, running, now_ms)

    def _take_up(self, data: Path, row: DeedRow, running: set[tuple[str, int]], now_ms: int) -> None:
        why = _too_late(row, now_ms)
        if why:
            journal.finish(data, row, End(REFUSED, why))
        elif (row.cluster, row.vmid) in running:
            self._queue(data, row, "something else is being done to this guest", now_ms)
        elif len(self._threads) >= RUNNING_MAX:
            self._queue(data, row, f"{RUNNING_MAX} deeds are under way", now_ms)
        else:
            with changing(data) as connection:  # no step of a plan begins meanwhile
                is_free = (row.cluster, row.vmid) not in _by_plans(data)
                begun = is_free and table.begin(connection, row.id, now_ms)
            if begun:
                running |= {(row.cluster, row.vmid)} if row.vmid else set()
                self._start(data, row, begins=True)

    def _queue(self, data: Path, row: DeedRow, why: str, now_ms: int) -> None:
        """Note now and then that a deed waits its turn: so it is not taken for one that was forgotten."""
        if now_ms - (row.queued_ms or 0) >= QUEUED_NOTED_SECONDS * 1000:
            with changing(data) as connection:
                table.change(connection, row.id, ASKED, queued_ms=now_ms, note=f"it waits: {why}")

    def _start(self, data: Path, row: DeedRow, begins: bool) -> None:
        thread = threading.Thread(target=doing.do, args=(data, row, begins), name=f"deed-{row.id}", daemon=True)
        self._threads[data, row.id] = thread
        thread.start()


def _by_plans(data: Path) -> set[tuple[str, int]]:
    """Return the guests that a step of a plan is at."""
    running = [
        one for apply in applies.open_ones(data) for one in applies.steps(data, apply.id) if one.state == RUNNING
    ]
    return {(one.document["cluster"], one.document["guest"]) for one in running}


def _too_late(row: DeedRow, now_ms: int) -> str:
    age_seconds = (now_ms - max(row.asked_ms, row.queued_ms or 0)) / 1000
    if age_seconds < -BEGINS_WITHIN_SECONDS:
        return "the clock was set back since it was asked for: nothing was done, ask again"
    if age_seconds > BEGINS_WITHIN_SECONDS:
        return "no worker took it up in time: nothing was done, ask again"
    return ""


def _prune(data: Path, _settings: Settings, now_ms: int) -> None:
    with changing(data) as connection:
        table.prune(connection, now_ms - KEPT_DAYS * _DAY_MS)


JOBS = (Job("proxmox.deeds", LOOK_SECONDS, Doer()), Job("proxmox.deeds_upkeep", 3_600.0, _prune))
