"""Which packages are installed."""

from __future__ import annotations

import json

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.package_databases import find_databases, read_packages
from wakeful_agent.host.system import operating_system
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Reading
from wakeful_wire.prepared import Prepared
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host
    from wakeful_agent.host.package_databases import Database

_NONE = "no package database that is known (dpkg, rpm, apk, pacman) is here"
_ROWS_MAX = 20_000
_ROWS_AT_ONCE = 200
_EVERY_MS = 900_000 - 1_000  # the daemon's grid may be a little early


def _make(manager: str) -> list[Series]:
    return [series("system.packages.count", manager=manager)]


class PackagesMeter(Meter):
    """How many packages are installed, and the inventory `packages` of them.

    The databases are read only when one of them changed, and at most every 15 minutes however often the meter runs;
    the document of the last reading is given again until then, so that what travels is its hash.
    """

    name = "packages"
    source = "var/lib/dpkg/status"
    interval_seconds = 900.0
    budget_seconds = 60.0
    aside = True

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._databases: list[Database] = []
        self._read_ms: int | None = None
        self._trouble: HostError | None = None
        self._counts: dict[str, float | None] = {}
        self._document: Prepared | None = None

    def probe(self, host: Host) -> Capability:
        """Say which package databases are here."""
        found = [database.manager for database in find_databases(host)]
        return granted(self.name, f"read from {', '.join(found)}") if found else missing(self.name, _NONE)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return the number of packages by manager; raise HostError when no database can be read."""
        databases = find_databases(host)
        if not databases:
            raise NoData(_NONE)
        rested = self._read_ms is None or not 0 <= now_ms - self._read_ms < _EVERY_MS
        if databases != self._databases and rested:
            self._read_ms = now_ms
            self._trouble = None
            self._databases = databases if self._take(host, databases) else []
        if self._trouble is not None:
            raise self._trouble.with_traceback(None)  # each raise adds to it, and would keep what it passed through
        return Reading(self._columns.of(list(self._counts)), list(self._counts.values()), {"packages": self._document})

    def _take(self, host: Host, databases: list[Database]) -> bool:
        """Read the databases; tell whether all could be read (what could not is tried again next time)."""
        rows: list[str] = []
        counts: dict[str, float | None] = {}
        problems: dict[str, HostError] = {}
        for database in databases:
            try:
                found = [json.dumps([*package, database.manager]) for package in read_packages(host, database)]
            except HostError as error:
                counts[database.manager] = None
                problems[database.manager] = error
                continue
            found = _each_once(found)
            counts[database.manager] = len(found)
            rows += found
        if problems and len(problems) == len(databases):
            self._trouble = next(iter(problems.values()))
            return False
        facts = {
            "distro": operating_system(host),
            "columns": ["name", "version", "architecture", "source", "manager"],
            "total": len(rows),
            "problems": {manager: label(str(error)) for manager, error in problems.items()},
        }
        document = Prepared(_pieces(facts, rows[:_ROWS_MAX]))
        self._counts = counts
        if self._document is None or document.digest != self._document.digest:
            self._document = document
        return not problems


def _each_once(rows: list[str]) -> list[str]:
    """Return the rows sorted, each once."""
    rows.sort()
    return [row for row, before in zip(rows, ("", *rows)) if row != before]


def _pieces(facts: dict[str, Any], rows: list[str]) -> Iterator[str]:
    """Yield the text of the document piece by piece: so that thousands of packages are never objects all at once."""
    yield json.dumps(facts)[:-1] + ', "rows": ['
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        yield ("," if start else "") + ",".join(rows[start : start + _ROWS_AT_ONCE])
    yield "]}"
