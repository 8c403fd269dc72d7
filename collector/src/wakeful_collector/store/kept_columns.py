"""Columns read from sealed chunks, kept in the process: a chunk never changes, and pages ask for the same again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from wakeful_collector.model.table import Table

BYTES_MAX = 32 * 1024 * 1024
_SHARE_MAX = 4
"""One table may fill the n-th part of it; larger ones are read again, they would drive out all others."""


class KeptColumns:
    """The tables that were read last, up to so many bytes; they are read-only."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._tables: OrderedDict[Hashable, Table] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Table | None:
        """Return the table under this key; None when it is not (any more) there."""
        with self._lock:
            found = self._tables.get(key)
            if found is not None:
                self._tables.move_to_end(key)
        return found

    def keep(self, key: Hashable, table: Table) -> None:
        """Keep a table; those that were not asked for longest go."""
        for part in table:
            part.flags.writeable = False
        size = _bytes(table)
        if size > self._bytes_max // _SHARE_MAX:
            return
        with self._lock:
            if key not in self._tables:
                self._tables[key] = table
                self._bytes += size
            while self._bytes > self._bytes_max:
                _, gone = self._tables.popitem(last=False)
                self._bytes -= _bytes(gone)


def _bytes(table: Table) -> int:
    return 1_000 + sum(int(part.nbytes) for part in table)
