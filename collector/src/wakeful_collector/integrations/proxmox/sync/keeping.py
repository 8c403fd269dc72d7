"""The job that keeps clusters in view: each in a thread of its own, so that one that hangs costs the others nothing."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.link import clusters, opening
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.sync import cycle, joining, known, writing
from wakeful_collector.job import Job
from wakeful_collector.read import proxmox, proxmox_clusters, proxmox_deeds
from wakeful_collector.store import proxmox_changes, proxmox_estate
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.proxmox.sync.known import Known
    from wakeful_collector.store.proxmox_clusters import ClusterRow

log = logging.getLogger("wakeful.proxmox")

TURN_SECONDS = 1.0
FAILED_SECONDS_MAX = 60.0
REFUSED_SECONDS_MAX = 300.0
"""How long is waited at most after failures in a row; longer where the login was refused, which cost the node 3 s."""
_REFUSED = frozenset(("auth", "tls", "forbidden"))
LOG_EVERY_FAILURES = 60
UPKEEP_SECONDS = 3_600.0


class Attendant:
    """Whoever looks after one cluster: what is remembered of it, whether there is more to read at once, failures."""

    def __init__(self) -> None:
        self.known: Known | None = None
        self.failures = 0
        self.has_more = False
        self._due_ms = 0
        self._began_ms = 0
        self._row: ClusterRow | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Tell whether a cycle is under way."""
        return self._thread is not None and self._thread.is_alive()

    def turn(self, data: Path, row: ClusterRow, now_ms: int) -> None:
        """Begin a cycle when it is time: it is due, somebody asked for one, a deed ended, or the settings changed."""
        if self.is_busy:
            return
        asked_ms = proxmox.asked_ms(data, row.name)
        touched = proxmox_deeds.ended_since(data, row.name, self._began_ms + 1) if self._began_ms else frozenset()
        is_back = not self._began_ms <= now_ms  # the clock was set back
        is_wanted = asked_ms or touched or row != self._row or is_back
        if now_ms < self._due_ms and not is_wanted:
            return
        self._row, self._began_ms = row, now_ms
        self._thread = threading.Thread(
            target=self.look, args=(data, row, now_ms), kwargs={"full": bool(asked_ms), "touched": touched}, daemon=True
        )
        self._thread.name = f"proxmox-{row.name}"
        self._thread.start()

    def look(
        self, data: Path, row: ClusterRow, now_ms: int, *, full: bool = False, touched: frozenset[int] = frozenset()
    ) -> int:
        """Take one cycle and keep what came of it; return how many changes it saw. What goes wrong is kept too."""
        poll_seconds = clusters.made(row).poll_seconds
        try:
            changes = self._look(data, row, now_ms, full, touched)
        except opening.Unknown:
            return 0  # removed just now
        except Exception:
            self.known = None  # what is remembered may not be what was kept
            self._failed("", poll_seconds, now_ms)
            if self.failures % LOG_EVERY_FAILURES == 1:
                log.exception("%s could not be looked at", row.name)
            return 0
        return changes

    def _look(self, data: Path, row: ClusterRow, now_ms: int, full: bool, touched: frozenset[int]) -> int:
        cluster = clusters.made(row)
        began, asked = clock.monotonic_seconds(), 0
        try:
            client = opening.client(data, row.name)
            asked = -client.requests
            before = self.known if self.known is not None else known.load(data, row.name)
            made = cycle.run(client, cluster, before, now_ms, full=full, touched=touched)
        except PveError as error:
            self._failed(error.kind, cluster.poll_seconds, now_ms)
            writing.fail(data, row.name, error, asked and asked + client.requests, now_ms)
            if self.failures % LOG_EVERY_FAILURES == 1:
                log.warning("%s cannot be looked at: %s: %s", row.name, error.kind, error)
            return 0
        seconds = clock.monotonic_seconds() - began
        changes = writing.keep(data, row.name, row.made_ms, before, made, now_ms, seconds)
        self.known, self.failures = made.now, 0
        self.has_more = made.has_more
        self._due_ms = now_ms if made.has_more else now_ms + cluster.poll_seconds * 1000
        return changes

    def _failed(self, kind: str, poll_seconds: int, now_ms: int) -> None:
        self.failures += 1
        most = REFUSED_SECONDS_MAX if kind in _REFUSED else FAILED_SECONDS_MAX
        wait_seconds = min(poll_seconds * 2.0 ** min(self.failures - 1, 10), max(most, float(poll_seconds)))
        self._due_ms = now_ms + int(wait_seconds * 1000)


class Keeper:
    """Keeps every cluster in view; a cluster that was removed and added again is begun anew."""

    def __init__(self) -> None:
        self._attendants: dict[Path, dict[tuple[str, int], Attendant]] = {}

    def __call__(self, data: Path, _settings: Settings, now_ms: int) -> None:
        """Take a turn for each cluster."""
        attendants = self._attendants.setdefault(data, {})
        rows = {(row.name, row.made_ms): row for row in proxmox_clusters.clusters(data)}
        for gone in set(attendants) - set(rows):
            del attendants[gone]
        for key, row in rows.items():
            attendants.setdefault(key, Attendant()).turn(data, row, now_ms)


def _tidy(data: Path, _settings: Settings, now_ms: int) -> None:
    with changing(data) as connection:
        proxmox_estate.prune(connection, now_ms)
        proxmox_changes.prune(connection, now_ms)


JOBS: tuple[Job, ...] = (
    Job("proxmox.sync", TURN_SECONDS, Keeper()),
    Job("proxmox.upkeep", UPKEEP_SECONDS, _tidy),
    *joining.JOBS,
)
