"""How much one agent may make the store grow: a stolen token must not fill the disk for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.ingest.rates import Rates

if TYPE_CHECKING:
    from wakeful_collector.ingest.reading import Reading

BYTES_PER_SECOND, BYTES_BURST = 1024.0 * 1024, 256.0 * 1024 * 1024
SERIES_PER_SECOND, SERIES_BURST = 20.0, 60_000.0
RUNS_PER_SECOND, RUNS_BURST = 1 / 60, 240.0
_REMEMBERED_MAX = 500_000


class Excess(NamedTuple):
    """What an agent did too much of."""

    code: str
    message: str
    retry_seconds: int


class Allowances:
    """Buckets of bytes (inflated), of series never met before, and of runs, for each agent."""

    def __init__(self) -> None:
        self._bytes = Rates(BYTES_PER_SECOND, BYTES_BURST)
        self._series = Rates(SERIES_PER_SECOND, SERIES_BURST)
        self._runs = Rates(RUNS_PER_SECOND, RUNS_BURST)
        self._met: set[int] = set()

    def too_much(self, agent_key: int, size_bytes: int, now_ms: int) -> Excess | None:
        """Take the bytes of a push, before they are read: reading is what costs the processor."""
        wait_seconds = self._bytes.wait_seconds(agent_key, now_ms, size_bytes)
        if wait_seconds:
            return Excess("too_much", "this agent pushes more than it may; come again later", wait_seconds)
        return None

    def excess(self, agent_key: int, reading: Reading, now_ms: int) -> Excess | None:
        """Take the run and the new series of a push from the agent's buckets; return what it has none left of."""
        run = hash((agent_key, reading.run))
        if run not in self._met:
            wait_seconds = self._runs.wait_seconds(agent_key, now_ms)
            if wait_seconds:
                return Excess("too_many_runs", "this agent starts anew too often; come again later", wait_seconds)
            self._remember(run)
        if reading.series is None:
            return None
        new = [series for series in map(hash, reading.series) if series not in self._met]
        wait_seconds = self._series.wait_seconds(agent_key, now_ms, len(new)) if new else 0
        if wait_seconds:
            return Excess("too_many_new_series", "this agent names too many new series; come later", wait_seconds)
        for series in new:
            self._remember(series)
        return None

    def _remember(self, what: int) -> None:
        if len(self._met) >= _REMEMBERED_MAX:
            self._met.clear()
        self._met.add(what)
