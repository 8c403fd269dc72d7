"""Series of a host as a chart takes them: one time axis, a column a series, gaps as None, counters as rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector.model.sample import Column, SeriesAnswer
from wakeful_collector.read.planes import Plane, Query, plane
from wakeful_collector.store import history
from wakeful_collector.store.catalogue import Catalogue, Known, catalogue
from wakeful_wire.limits import SKEW_AHEAD_SECONDS_MAX
from wakeful_wire.names import COUNTER, describe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wakeful_collector.model.table import Floats

POINTS_MAX = 2_000
COLUMNS_MAX = 2_000
_SUMMED_MAX = 20_000
_TIER_NAMES = {0: "raw", 60: "1m", 600: "10m", 3600: "1h"}


class TooMany(ValueError):
    """More was asked for than one answer may hold, or a span that is none; `message` says how to ask for less."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def series(  # noqa: PLR0913, PLR0917 - a question for a chart has this many parts
    data: Path,
    host_key: int,
    patterns: Sequence[str],
    from_ms: int,
    to_ms: int,
    points: int = 300,
    by: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    now_ms: int | None = None,
) -> SeriesAnswer:
    """Return the series whose names match a pattern (`system.cpu.*`), in about `points` buckets at most.

    The tier follows from span and points; where it does not reach back, a coarser one serves; what is not rolled up
    yet comes from the samples. Counters are answered as rates a second. `labels` keeps series with exactly these;
    `by` sums over all other labels. A span that reaches past `now_ms` ends there. Raises TooMany.
    """
    if not 1 <= points <= POINTS_MAX:
        raise TooMany(f"points: from 1 to {POINTS_MAX}")
    if not 0 <= from_ms < to_ms:
        raise TooMany("from must lie before to")
    if now_ms is not None:
        to_ms = max(from_ms + 1, min(to_ms, now_ms + SKEW_AHEAD_SECONDS_MAX * 1000))
    known = catalogue(data)
    numbers = known.matching(patterns, labels or {})
    query = Query(host_key, numbers, known.counters(numbers), from_ms, to_ms, points)
    with history.looking(data) as connection:
        found = plane(connection, query)
    rows = np.flatnonzero(~np.isnan(found.laid.mean).all(axis=1))
    if len(rows) > (_SUMMED_MAX if by else COLUMNS_MAX):
        raise TooMany(f"{len(rows)} series match, one answer holds {COLUMNS_MAX}; name fewer metrics or sum by a label")
    columns = _summed(found, rows, known, by) if by else _columns(found, rows, known)
    if len(columns) > COLUMNS_MAX:
        raise TooMany(f"{len(columns)} columns are asked for, one answer holds {COLUMNS_MAX}; sum by fewer labels")
    times = (found.axis.times_ms() / 1000).tolist()
    return SeriesAnswer(times, found.axis.step_ms / 1000, _TIER_NAMES[found.tier], columns)


def _columns(
    found: Plane, rows: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.intp]], known: Catalogue
) -> list[Column]:
    columns = []
    for row in rows:
        one = known.series[int(found.numbers[row])]
        least = values(found.laid.least[row]) if found.coarse else None
        most = values(found.laid.most[row]) if found.coarse else None
        columns.append(_column(one, one.labels, found.laid.mean[row], least, most))
    columns.sort(key=lambda column: (column.name, sorted(column.labels.items())))
    return columns


def _summed(
    found: Plane, rows: np.ndarray[tuple[int], np.dtype[np.intp]], known: Catalogue, by: Sequence[str]
) -> list[Column]:
    members: dict[tuple[str, tuple[tuple[str, str], ...]], list[int]] = {}
    for row in rows.tolist():
        one = known.series[int(found.numbers[row])]
        labels = tuple((label, one.labels[label]) for label in sorted(set(by)) if label in one.labels)
        members.setdefault((one.name, labels), []).append(row)
    columns = []
    for (name, labels), group in sorted(members.items()):
        mean = found.laid.mean[group]
        total = np.where(np.isnan(mean).all(axis=0), np.nan, np.nansum(mean, axis=0))
        columns.append(_column(Known(name, {}, counter=False), dict(labels), total, None, None))
    return columns


def _column(
    one: Known,
    labels: dict[str, str],
    mean: Floats,
    least: list[float | None] | None,
    most: list[float | None] | None,
) -> Column:
    metric = describe(one.name)
    unit = f"{metric.unit}/s" if metric.kind == COUNTER else metric.unit
    return Column(one.name, labels, unit, metric.kind, values(mean), least, most)


def values(row: Floats) -> list[float | None]:
    """Return a row as JSON takes it: None for NaN."""
    found: list[float | None] = row.tolist()
    for at in np.flatnonzero(np.isnan(row)).tolist():
        found[at] = None
    return found
