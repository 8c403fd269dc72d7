"""Series of a host as a chart takes them: one time axis, a column a series, gaps as None, counters as rates."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wakeful_collector.model.sample import Column, SeriesAnswer
from wakeful_collector.read.planes import Plane, Query, plane
from wakeful_collector.store import history
from wakeful_collector.store.catalogue import Catalogue, catalogue
from wakeful_wire.limits import SKEW_AHEAD_SECONDS_MAX
from wakeful_wire.names import COUNTER, describe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wakeful_collector.model.table import Floats

    Rows = np.ndarray[tuple[int], np.dtype[np.intp]]

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
    most: int | None = None,
) -> SeriesAnswer:
    """Return the series whose names match a pattern (`system.cpu.*`), in about `points` buckets at most.

    The tier follows from span and points; where it does not reach back, a coarser one serves; what is not rolled up
    yet comes from the samples. Counters are answered as rates a second. `labels` keeps series with exactly these;
    `by` sums over all other labels. `most` keeps that many columns of each metric, those with the largest mean. A span
    that reaches past `now_ms` ends there. Raises TooMany.
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
    if len(rows) > (_SUMMED_MAX if by or most else COLUMNS_MAX):
        raise TooMany(f"{len(rows)} series match, one answer holds {COLUMNS_MAX}; name fewer metrics or sum by a label")
    lines = _summed(found, rows, known, by) if by else _single(found, rows, known)
    counts = Counter(line.name for line in lines)
    if most:
        lines = _heaviest(lines, most)
    if len(lines) > COLUMNS_MAX:
        raise TooMany(f"{len(lines)} columns are asked for, one answer holds {COLUMNS_MAX}; sum by fewer labels")
    times = (found.axis.times_ms() / 1000).tolist()
    columns = [_column(line) for line in lines]
    return SeriesAnswer(times, found.axis.step_ms / 1000, _TIER_NAMES[found.tier], columns, dict(counts))


class _Line(NamedTuple):
    """A column before it becomes numbers of JSON: only what is answered is turned into lists."""

    name: str
    labels: dict[str, str]
    mean: Floats
    least: Floats | None = None
    most: Floats | None = None


def _single(found: Plane, rows: Rows, known: Catalogue) -> list[_Line]:
    lines = []
    for row in rows.tolist():
        one = known.series[int(found.numbers[row])]
        extremes = (found.laid.least[row], found.laid.most[row]) if found.coarse else (None, None)
        lines.append(_Line(one.name, one.labels, found.laid.mean[row], *extremes))
    lines.sort(key=lambda line: (line.name, sorted(line.labels.items())))
    return lines


def _summed(found: Plane, rows: Rows, known: Catalogue, by: Sequence[str]) -> list[_Line]:
    members: dict[tuple[str, tuple[tuple[str, str], ...]], list[int]] = {}
    for row in rows.tolist():
        one = known.series[int(found.numbers[row])]
        labels = tuple((label, one.labels[label]) for label in sorted(set(by)) if label in one.labels)
        members.setdefault((one.name, labels), []).append(row)
    lines = []
    for (name, labels), group in sorted(members.items()):
        mean = found.laid.mean[group]
        total = np.where(np.isnan(mean).all(axis=0), np.nan, np.nansum(mean, axis=0))
        lines.append(_Line(name, dict(labels), total))
    return lines


def _heaviest(lines: list[_Line], most: int) -> list[_Line]:
    """Return of each metric the lines with the largest mean, in the order they came; of equals the first."""
    weights = [float(np.nansum(np.abs(line.mean)) / np.count_nonzero(~np.isnan(line.mean))) for line in lines]
    kept: set[int] = set()
    taken: Counter[str] = Counter()
    for place in sorted(range(len(lines)), key=lambda place: (-weights[place], place)):
        name = lines[place].name
        if taken[name] < most:
            taken[name] += 1
            kept.add(place)
    return [line for place, line in enumerate(lines) if place in kept]


def _column(line: _Line) -> Column:
    metric = describe(line.name)
    unit = f"{metric.unit}/s" if metric.kind == COUNTER else metric.unit
    least, most = (None if row is None else values(row) for row in (line.least, line.most))
    return Column(line.name, line.labels, unit, metric.kind, values(line.mean), least, most)


def values(row: Floats) -> list[float | None]:
    """Return a row as JSON takes it: None for NaN."""
    found: list[float | None] = row.tolist()
    for at in np.flatnonzero(np.isnan(row)).tolist():
        found[at] = None
    return found
