"""The job that fills gaps out of the past that clusters keep themselves: few requests a second, short gaps first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.ingest import subjects as keeping
from wakeful_collector.integrations.proxmox.charts import measures, pace
from wakeful_collector.integrations.proxmox.link import clusters, opening
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.link.paths import path
from wakeful_collector.read import proxmox, proxmox_subjects
from wakeful_collector.store import proxmox_subjects as table
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.proxmox.charts.measures import Values
    from wakeful_collector.integrations.proxmox.charts.pace import Frame
    from wakeful_collector.integrations.proxmox.link.client import Client
    from wakeful_collector.store.proxmox_subjects import Gap

INTERVAL_SECONDS = 5.0
GAPS_A_CALL = 10
"""At most three requests each: six a second for a cluster, while there is anything to fill."""
GAPS_LOOKED_AT = 5_000
CALL_SECONDS_MAX = 30.0
AGAIN = frozenset({"unreachable", "tls", "auth", "busy"})
"""Why a gap stays for later; whatever else is said will be said again."""


def fill(data: Path, _settings: Settings, now_ms: int) -> int:
    """Fill some gaps of every cluster whose charts are on; return how many."""
    return sum(_fill(data, one.name, now_ms) for one in clusters.clusters(data) if one.charts)


def _fill(data: Path, cluster: str, now_ms: int) -> int:
    gaps = proxmox_subjects.gaps(data, cluster, GAPS_LOOKED_AT)
    if not gaps:
        return 0
    until_seconds = clock.monotonic_seconds() + CALL_SECONDS_MAX
    homes = {one.id: one.node for one in proxmox.guests(data, cluster)}
    filled = 0
    away: set[str] = set()  # of these nodes nothing is asked again in this call
    for gap in gaps:
        home = gap.id.partition("/")[2] if gap.id.startswith("node/") else homes.get(gap.id, "")
        if home in away:
            continue
        if filled == GAPS_A_CALL or clock.monotonic_seconds() > until_seconds:
            break
        try:
            ticks = past(opening.client(data, cluster), gap, home, now_ms)
        except opening.Unknown:
            return filled  # removed just now
        except PveError as error:
            if error.kind in AGAIN:
                break
            if error.kind == "node_unreachable":
                away.add(home)
                continue
            ticks = []
        keeping.keep(data, keeping.TOLD, measures.SERIES, [keeping.Piece(gap.key, ticks)], now_ms)
        with changing(data) as connection:
            table.close_gap(connection, gap)
        filled += 1
    return filled


def past(client: Client, gap: Gap, home: str, now_ms: int) -> list[tuple[int, Values]]:
    """Return the ticks of a gap as the cluster remembers them; `home` is its node.

    Raises:
        PveError: the cluster does not tell.
    """
    kind, _, name = gap.id.partition("/")
    if not home:
        return []
    where = path("nodes", home, "rrddata") if kind == "node" else path("nodes", home, kind, name, "rrddata")
    told = [(frame, _rows(client, where, frame)) for frame in pace.frames(gap.from_ms, now_ms)]
    return pace.laid(told, max(gap.from_ms, now_ms - pace.PAST_MS), gap.to_ms)


def _rows(client: Client, where: str, frame: Frame) -> list[tuple[int, Values]]:
    found = [measures.remembered(row) for row in client.rows(where, timeframe=frame.name, cf="AVERAGE")]
    return [one for one in found if one is not None]
