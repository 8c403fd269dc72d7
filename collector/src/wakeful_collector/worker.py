"""The one process that runs the collector's jobs: what must happen once, whatever the number of web processes.

Each job has a thread and a rhythm of its own, so that one that fails or hangs costs the others nothing.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wakeful_collector import clock, commands, rollups
from wakeful_collector.accounts import housekeeping
from wakeful_collector.ingest.upkeep import upkeep
from wakeful_collector.job import Job
from wakeful_collector.outbox import housekeeping as outbox_housekeeping
from wakeful_collector.outbox.posting import Postman
from wakeful_collector.outbox.watching import Lookout
from wakeful_collector.rooms import INTEGRATIONS
from wakeful_collector.store import database, heartbeats
from wakeful_collector.store.heartbeats import Heartbeat

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from wakeful_collector.config import Settings

log = logging.getLogger("wakeful.worker")

BEAT_SECONDS = 15.0
GLANCE_SECONDS = 0.5
PATIENCE_SECONDS = 5.0
WAIT_AFTER_FAILURE_MAX_SECONDS = 300.0


@dataclass
class Rhythm:
    """How a job fares: when it last came through, how long that took, and its failures since.

    `news` counts what should be seen at once: the first run, each failure, and the first success after one.
    """

    job: Job
    at_ms: int = 0
    detail: dict[str, Any] = field(default_factory=dict)
    failures_in_a_row: int = 0
    runs: int = 0
    news: int = 0

    def wait_seconds(self) -> float:
        """Return how long to wait for the next run: the interval, doubled by each failure in a row up to a bound."""
        if not self.failures_in_a_row:
            return self.job.interval_seconds
        doubled = self.job.interval_seconds * 2.0 ** min(self.failures_in_a_row, 10)
        return max(self.job.interval_seconds, min(doubled, WAIT_AFTER_FAILURE_MAX_SECONDS))

    def run_once(self, settings: Settings) -> None:
        """Run the job; whatever it raises is logged and kept in `detail`."""
        began = clock.monotonic_seconds()
        now_ms = clock.now_ms()
        try:
            self.job.run(settings.data, settings, now_ms)
        except Exception as error:  # a job must never take the others down
            self.failures_in_a_row += 1
            self.detail = {"error": f"{type(error).__name__}: {error}"[:500], "failures": self.failures_in_a_row}
            self.runs += 1
            self.news += 1
            log.exception("job %s failed, next try in %.0f s", self.job.name, self.wait_seconds())
            return
        self.news += self.failures_in_a_row > 0 or not self.runs
        self.failures_in_a_row = 0
        self.at_ms = now_ms
        self.detail = {"seconds": round(clock.monotonic_seconds() - began, 3)}
        self.runs += 1


def _roll_up(data: Path, settings: Settings, now_ms: int) -> None:
    while rollups.run_due(data, settings, now_ms).more:
        pass


def _draw_sparks(data: Path, _settings: Settings, now_ms: int) -> None:
    rollups.refresh_sparks(data, now_ms)


class _Standing:
    """The job that looks for troubles; it remembers what it saw between two runs."""

    def __init__(self) -> None:
        self._watches: dict[Path, rollups.Watch] = {}

    def __call__(self, data: Path, _settings: Settings, now_ms: int) -> None:
        self._watches.setdefault(data, rollups.Watch()).refresh(data, now_ms)


def _expire(data: Path, _settings: Settings, now_ms: int) -> None:
    commands.expire(data, now_ms)


def _tidy(data: Path, _settings: Settings, now_ms: int) -> None:
    upkeep(data, now_ms)
    housekeeping.prune(data, now_ms)
    outbox_housekeeping.prune(data, now_ms)


JOBS = (
    Job("rollups", 10.0, _roll_up),
    Job("sparks", 60.0, _draw_sparks),
    Job("standing", 15.0, _Standing()),
    Job("commands", 5.0, _expire),
    Job("incidents", 5.0, Lookout()),
    Job("outbox", 1.0, Postman()),
    Job("upkeep", 3600.0, _tidy),
    *(job for integration in INTEGRATIONS for job in integration.jobs),
)
"""Everything the collector does by itself."""


class Worker:
    """Runs `jobs` until `stop` is called; `settings` may be replaced while it runs."""

    def __init__(self, settings: Settings, jobs: Sequence[Job], alive: Callable[[], object] = lambda: None) -> None:
        self.settings = settings
        self.rhythms = [Rhythm(job) for job in jobs]
        self.alive = alive
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let `run` return soon; may be called from a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Run until stopped; a job that is then still at work gets `PATIENCE_SECONDS` to come to its end."""
        threads = [
            threading.Thread(target=self._repeat, args=(rhythm,), name=rhythm.job.name, daemon=True)
            for rhythm in self.rhythms
        ]
        for thread in threads:
            thread.start()
        self._beat_until_stopped()
        deadline = clock.monotonic_seconds() + PATIENCE_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - clock.monotonic_seconds()))

    def _repeat(self, rhythm: Rhythm) -> None:
        while not self._stopping.is_set():
            rhythm.run_once(self.settings)
            database.rest()
            self._stopping.wait(rhythm.wait_seconds())

    def _beat_until_stopped(self) -> None:
        connection: sqlite3.Connection | None = None
        due, told = 0.0, 0
        while not self._stopping.is_set():
            self.alive()
            news = sum(one.news for one in self.rhythms)
            if clock.monotonic_seconds() >= due or news > told:
                connection = self._beat(connection)
                due, told = clock.monotonic_seconds() + BEAT_SECONDS, news
            self._stopping.wait(GLANCE_SECONDS)
        if connection is not None:
            connection.close()

    def _beat(self, connection: sqlite3.Connection | None) -> sqlite3.Connection | None:
        beats = [Heartbeat("worker", clock.now_ms(), BEAT_SECONDS, {})]
        beats += [Heartbeat(one.job.name, one.at_ms, one.job.interval_seconds, one.detail) for one in self.rhythms]
        try:
            if connection is None:
                connection = database.writer(self.settings.data, "state")
            with database.transaction(connection):
                heartbeats.beat(connection, beats)
        except Exception:
            log.exception("the sign of life could not be written")
            if connection is not None:
                connection.close()
            return None
        return connection
