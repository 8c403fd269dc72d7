"""The schema of a run: the union of what the enabled meters read, stable from tick to tick."""

from __future__ import annotations

from wakeful_wire.limits import SERIES_MAX
from wakeful_wire.schema import Series, schema_hash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Collection, Mapping, Sequence

    from wakeful_agent.meter import Result

GONE_MS = 3_600_000
"""How long a series that is no longer read stays in the schema, so that it does not come and go."""


class _Group:
    """The columns of one meter; `places` is None while its readings fit them one to one."""

    def __init__(self) -> None:
        self.series: list[Series] = []
        self.current: Sequence[Series] = ()
        self.places: list[int] | None = None
        self.gone: dict[Series, int] = {}

    def take(self, read: Sequence[Series], now_ms: int, room: int, others: Collection[Series] = ()) -> int:
        """Fit the columns to a new series list; `room` is how many may be added, `others` are those of other meters.

        Returns how many found no room, or are another meter's already (two scripts may print the same).
        """
        known = {series: place for place, series in enumerate(self.series)}
        for series in read:
            if series not in known and series not in others and len(self.series) - len(known) < room:
                self.series.append(series)
        known = {series: place for place, series in enumerate(self.series)}
        here = set(read)
        self.gone = {series: self.gone.get(series, now_ms) for series in self.series if series not in here}
        self.current = read
        self.places = None if list(read) == self.series else [known.get(series, -1) for series in read]
        return sum(1 for place in self.places or () if place < 0)

    def drop_gone(self, now_ms: int) -> bool:
        """Leave out what was not read for an hour; tells whether anything was."""
        left = {series for series, since_ms in self.gone.items() if now_ms - since_ms > GONE_MS}
        if not left:
            return False
        self.series = [series for series in self.series if series not in left]
        self.current = ()
        return True

    def row(self, values: Sequence[float | None]) -> Sequence[float | None]:
        if self.places is None:
            return values
        row: list[float | None] = [None] * len(self.series)
        for place, value in zip(self.places, values):
            if place >= 0:
                row[place] = value
        return row


class Columns:
    """Keeps the columns of all meters, in the order the meters first came."""

    def __init__(self, most: int = SERIES_MAX) -> None:
        self._groups: dict[str, _Group] = {}
        self._most = most
        self._cut: dict[str, int] = {}
        self._size = 0
        self.schema = schema_hash([])

    def row(self, results: Mapping[str, Result], now_ms: int) -> list[float | None]:
        """Return one value a column for a tick's results; `schema` is its hash afterwards."""
        changed = False
        for name, result in results.items():
            group = self._groups.get(name)
            if result.series and (group is None or result.series is not group.current):
                group = self._groups.setdefault(name, _Group())
                before = list(group.series)
                self._cut[name] = group.take(result.series, now_ms, self._most - self._size, self._others(name))
                self._size += len(group.series) - len(before)
                changed = changed or before != group.series
            if group is not None and group.gone and group.drop_gone(now_ms):
                self._size = sum(len(each.series) for each in self._groups.values())
                group.take(result.series, now_ms, self._most - self._size, self._others(name))
                changed = True
        if changed:
            self._rehash()
        return self._row(results)

    def forget(self, meter: str) -> None:
        """Take a meter's columns out: it was switched off."""
        if self._groups.pop(meter, None) is not None:
            self._cut.pop(meter, None)
            self._rehash()

    def document(self) -> list[list[Any]]:
        """Return the series list as it travels."""
        return [series.document() for group in self._groups.values() for series in group.series]

    @property
    def cut(self) -> int:
        """Return how many series found no room in what the wire takes."""
        return sum(self._cut.values())

    def _others(self, meter: str) -> set[Series]:
        return {series for name, group in self._groups.items() if name != meter for series in group.series}

    def _rehash(self) -> None:
        columns = [series for group in self._groups.values() for series in group.series]
        self._size = len(columns)
        self.schema = schema_hash(columns)

    def _row(self, results: Mapping[str, Result]) -> list[float | None]:
        row: list[float | None] = []
        for name, group in self._groups.items():
            result = results.get(name)
            if result is not None and result.series:
                row.extend(group.row(result.values))
            else:
                row.extend([None] * len(group.series))
        return row
