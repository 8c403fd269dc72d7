"""The job that makes samples of what polls measured, and notes the gaps in which nobody polled."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from wakeful_collector.ingest import subjects as keeping
from wakeful_collector.integrations.proxmox.charts import measures, pace
from wakeful_collector.integrations.proxmox.charts.measures import Seen
from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.read import proxmox
from wakeful_collector.store import proxmox_subjects as table
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.proxmox.charts.measures import Values
    from wakeful_collector.model.estate import Usage

INTERVAL_SECONDS = 2.0
NAMES_EVERY_MS = 60_000
KINDS = ("qemu/", "lxc/", "node/")


class Recorder:
    """Records one cluster; what it holds can be lost: the gap is filled from the cluster's own past."""

    def __init__(self, data: Path, cluster: str) -> None:
        self._data = data
        self._cluster = cluster
        self._keys: dict[str, int] = {}
        self._marks: dict[str, str] = {}
        self._named_ms = 0
        self._seen: dict[int, Seen] = {}
        self._newest = keeping.newest_ms(data)
        self._waiting: defaultdict[int, list[tuple[int, Values]]] = defaultdict(list)
        self._polled_ms = 0
        self._written_ms = 0

    def look(self, now_ms: int) -> int:
        """Take in the newest poll, write when it is time; return how many ticks were written."""
        polled_ms = proxmox.standing(self._data, self._cluster).polled_ms
        if polled_ms != self._polled_ms:
            self._polled_ms, usage = proxmox.usage(self._data, self._cluster)
            found = {name: one for name, one in usage.items() if name.startswith(KINDS)}
            self._name(found, now_ms)
            self._measure(found)
        due = pace.pace(len(self._keys)).writing_ms
        return self._write(now_ms) if not 0 <= now_ms - self._written_ms < due else 0

    def _name(self, found: dict[str, Usage], now_ms: int) -> None:
        """Know the key of each subject: new ones get one, a guest of the same number but another mark too."""
        new = [name for name in found if name not in self._keys]
        if not new and 0 <= now_ms - self._named_ms < NAMES_EVERY_MS:
            return
        self._named_ms = now_ms
        self._marks = {one.id: one.mark for one in proxmox.guests(self._data, self._cluster)}
        with changing(self._data) as connection:
            known = table.here(connection, self._cluster)
            room = table.SUBJECTS_MAX - table.count(connection)
            for name in found:
                mark, one = self._marks.get(name, ""), known.get(name)
                if one is None or (one.mark and mark and one.mark != mark):
                    if room <= 0:
                        continue
                    room -= 1
                    self._keys[name] = table.add(connection, self._cluster, name, mark, now_ms)
                    continue
                self._keys[name] = one.key
                if mark and not one.mark:
                    table.recognise(connection, one.key, mark)
            self._keys = {name: key for name, key in self._keys.items() if name in found}
            table.see(connection, self._keys.values(), now_ms)

    def _measure(self, found: dict[str, Usage]) -> None:
        """Make ticks of a poll, as often as there is room for."""
        at_ms, spacing_ms = self._polled_ms, pace.pace(len(self._keys)).spacing_ms
        gaps = []
        for name, usage in found.items():
            key = self._keys.get(name)
            if key is None:
                continue
            before = self._seen.get(key)
            if before is not None and 0 < at_ms - before.at_ms < spacing_ms:
                continue
            newest_ms = self._newest.get(key, 0)
            values = measures.values(before, usage, at_ms) if at_ms > newest_ms else None
            if values is None:
                continue
            if at_ms - newest_ms > max(pace.GAP_MS, 3 * spacing_ms):
                gaps.append((key, newest_ms, at_ms))
            self._seen[key] = Seen(at_ms, usage)
            self._newest[key] = at_ms
            self._waiting[key].append((at_ms, values))
        if gaps:
            with changing(self._data) as connection:
                table.add_gaps(connection, gaps)

    def _write(self, now_ms: int) -> int:
        pieces = [keeping.Piece(key, ticks) for key, ticks in self._waiting.items()]
        if pieces:
            keeping.keep(self._data, keeping.MEASURED, measures.SERIES, pieces, now_ms)
        self._waiting.clear()
        self._written_ms = now_ms
        return sum(len(piece.ticks) for piece in pieces)


class Recording:
    """The job: a recorder for each cluster whose charts are on."""

    def __init__(self) -> None:
        self._recorders: dict[tuple[str, str], Recorder] = {}

    def __call__(self, data: Path, _settings: Settings, now_ms: int) -> int:
        """Record every cluster; return how many ticks were written."""
        wanted = {one.name for one in clusters.clusters(data) if one.charts}
        for key in [key for key in self._recorders if key[0] == str(data) and key[1] not in wanted]:
            del self._recorders[key]
        return sum(self._recorder(data, name).look(now_ms) for name in sorted(wanted))

    def _recorder(self, data: Path, name: str) -> Recorder:
        key = (str(data), name)
        if key not in self._recorders:
            self._recorders[key] = Recorder(data, name)
        return self._recorders[key]


def prune(data: Path, settings: Settings, now_ms: int) -> int:
    """Drop subjects of which nothing is left, nor will be; return how many."""
    kept_ms = settings.retention_1h_days * pace.DAY_MS
    with changing(data) as connection:
        return table.prune(connection, now_ms - kept_ms, now_ms)
