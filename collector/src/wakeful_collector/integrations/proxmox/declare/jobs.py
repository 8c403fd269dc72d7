"""The job that takes up approved plans: a thread for each, one at a time for each cluster."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.declare import applying, reconciling
from wakeful_collector.integrations.proxmox.declare.apply_journal import begin, finish
from wakeful_collector.job import Job
from wakeful_collector.read import proxmox_applies as applies
from wakeful_collector.store.proxmox_applies import ASKED, FAILED, REFUSED, RUNNING

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.store.proxmox_applies import ApplyRow

LOOK_SECONDS = 1.0
RUNNING_MAX = 8
BEGINS_WITHIN_SECONDS = 3_600
"""What nobody took up for so long is not begun any more: whoever approved it does not expect it."""


class Applier:
    """Takes up plans, and goes on with those that an earlier worker left behind."""

    def __init__(self) -> None:
        self._threads: dict[tuple[Path, str], threading.Thread] = {}
        self._seen_ms: dict[str, int] = {}

    def __call__(self, data: Path, _settings: Settings, now_ms: int) -> None:
        """Look once; what is begun goes on in threads that end with the process."""
        self._threads = {key: one for key, one in self._threads.items() if one.is_alive()}
        rows = applies.open_ones(data)
        # One that goes on was asked for long ago; one that never began may have waited for a worker.
        self._seen_ms = {row.id: self._seen_ms.get(row.id, now_ms if row.begun_ms else row.asked_ms) for row in rows}
        busy: set[str] = set()
        for row in rows:
            if row.state == RUNNING:
                busy |= self._clusters(data, row)
                if (data, row.id) not in self._threads:
                    self._start(data, row)
        for row in rows:
            if row.state == ASKED:
                self._take_up(data, row, busy, now_ms)

    def _take_up(self, data: Path, row: ApplyRow, busy: set[str], now_ms: int) -> None:
        own = self._clusters(data, row)
        if row.stopped_by:
            finish(data, row.id, FAILED, "stopped before it began")
        elif now_ms - self._seen_ms[row.id] > BEGINS_WITHIN_SECONDS * 1000:
            finish(data, row.id, REFUSED, "nobody could begin it in time: nothing was done, ask again")
        elif not own & busy and len(self._threads) < RUNNING_MAX and begin(data, row.id, now_ms):
            busy |= own
            self._start(data, row)

    def _clusters(self, data: Path, row: ApplyRow) -> set[str]:
        return {one.document["cluster"] for one in applies.steps(data, row.id)}

    def _start(self, data: Path, row: ApplyRow) -> None:
        thread = threading.Thread(target=applying.carry_out, args=(data, row), name=f"apply-{row.id}", daemon=True)
        self._threads[data, row.id] = thread
        thread.start()


JOBS = (Job("proxmox.applies", LOOK_SECONDS, Applier()), *reconciling.JOBS)
