"""One change of `state.db` or `gateway.db`: a short transaction, kept whole or not at all."""

from __future__ import annotations

import os
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from wakeful_collector.model.store_errors import StoreBusy, StoreFull
from wakeful_collector.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

WRITERS_MAX = 4
"""How many data folders a process keeps a writer of; a collector has one."""


@contextmanager
def changing(data: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection inside a transaction that is committed at the end, or rolled back when an error leaves it.

    Raises:
        StoreFull, StoreBusy: as `database.translated` says.
    """
    with (
        database.translated(),
        closing(database.writer(data, "state")) as connection,
        database.transaction(connection),
    ):
        yield connection


def note(data: Path, write: Callable[[sqlite3.Connection], object]) -> None:
    """Write what nobody must wait for or be refused for; with no room for it, or a writer that holds on, it is left."""
    with suppress(StoreFull, StoreBusy), changing(data) as connection:
        write(connection)


@contextmanager
def changing_gateway(data: Path) -> Iterator[sqlite3.Connection]:
    """Yield the process's one writer of `gateway.db` inside a transaction; whoever comes meanwhile waits for a lock.

    One connection, because opening one costs more than all a request writes; one lock, because SQLite's own way to wait
    is to sleep and try again. It must not be called inside itself. Raises what `changing` raises.
    """
    kept = _writers.get(str(data)) or _writers.setdefault(str(data), _Writer())
    if len(_writers) > WRITERS_MAX:
        _close_oldest()
    with kept.lock, database.transaction(kept.connection(data)) as connection:
        yield connection


def _close_oldest() -> None:
    """Let go of the writer of the folder that was changed first; whoever still holds it opens it again."""
    with suppress(KeyError, StopIteration, RuntimeError):  # another thread did
        oldest = _writers.pop(next(iter(_writers)))
        with oldest.lock:
            oldest.close()


class _Writer:
    """The writer of one data folder; it is opened anew when the file was replaced (a restore)."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._inode = 0
        self._open: sqlite3.Connection | None = None

    def connection(self, data: Path) -> sqlite3.Connection:
        try:
            inode = os.stat(f"{data}/gateway.db").st_ino
        except FileNotFoundError:
            inode = 0
        if self._open is None or inode != self._inode:
            self.close()
            self._open = database.writer(data, "gateway")
            self._inode = inode
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


_writers: dict[str, _Writer] = {}
os.register_at_fork(after_in_child=_writers.clear)
