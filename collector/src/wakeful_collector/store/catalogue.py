"""What the numbers of series stand for, kept in the process: a number never changes its meaning."""

from __future__ import annotations

import re
import threading
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
import zstandard

from wakeful_collector.store import database
from wakeful_wire.names import COUNTER, describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from wakeful_collector.model.rollup import Flags
    from wakeful_collector.model.table import Ints


_PATTERN = re.compile(r"[*?\[]")


class Known(NamedTuple):
    """A series: its metric, its labels, and whether it only counts up."""

    name: str
    labels: dict[str, str]
    counter: bool


class Catalogue:
    """Every series of one database, by number and by name."""

    def __init__(self) -> None:
        self.series: dict[int, Known] = {}
        self.numbers: dict[str, list[int]] = {}
        self.last = 0
        self.lock = threading.Lock()

    def refresh(self, rows: Iterable[tuple[int, str, str]]) -> None:
        """Take in rows of the table `series` that are not known yet."""
        for number, name, labels in rows:
            if number > self.last:
                self.series[number] = Known(name, msgspec.json.decode(labels), describe(name).kind == COUNTER)
                self.numbers.setdefault(name, []).append(number)
                self.last = number

    def matching(self, patterns: Sequence[str], labels: Mapping[str, str]) -> Ints:
        """Return the numbers of series whose name matches a pattern (`*`, `?`, `[...]`) and which have these labels."""
        exact = {pattern for pattern in patterns if not _PATTERN.search(pattern)}
        wide = [pattern for pattern in patterns if pattern not in exact]
        names = [name for name in exact if name in self.numbers]
        if wide:
            others = [name for name in list(self.numbers) if name not in exact]
            names += [name for name in others if any(fnmatchcase(name, pattern) for pattern in wide)]
        found = (number for name in names for number in self.numbers[name])
        if labels:
            found = (
                number
                for number in found
                if all(self.series[number].labels.get(label) == value for label, value in labels.items())
            )
        return np.array(sorted(found), np.int64)

    def counters(self, numbers: Ints) -> Flags:
        """Return for each number whether the series is a counter."""
        return np.array([self.series[number].counter for number in numbers.tolist()], bool)


_SINCE = "SELECT id, name, labels FROM series WHERE id > ? ORDER BY id"
_FORGOTTEN_MAX = 10_000
_kept: dict[database.Place, Catalogue] = {}


def catalogue(data: Path) -> Catalogue:
    """Return the catalogue of the samples in a data folder, up to date as this thread's reader sees them."""
    connection = database.reader(data, "samples")
    place = connection.place
    found = _kept.get(place) or _kept.setdefault(place, Catalogue())
    with found.lock:
        rows = connection.execute(_SINCE, (found.last,)).fetchall()
        found.refresh(rows)
        if rows and len(found.series) > _FORGOTTEN_MAX:
            (stored,) = connection.execute("SELECT count(*) FROM series").fetchone()
            if len(found.series) - stored > _FORGOTTEN_MAX:  # most of what is kept was forgotten since: begin anew
                found = _kept[place] = Catalogue()
                found.refresh(connection.execute(_SINCE, (0,)))
    return found


def schema_numbers(packed: bytes) -> Ints:
    """Read the series list of a schema row: the numbers of its series, in its order."""
    return np.frombuffer(zstandard.ZstdDecompressor().decompress(packed), "<i8")
