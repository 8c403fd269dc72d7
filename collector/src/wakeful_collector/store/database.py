"""Opens the databases: `state.db` (who and what), `samples.db` (the history), `gateway.db` (the model gateway).

WAL is switched on once, when a database is made: two threads that switch at first use can lose a transaction. Every
connection is in autocommit mode; whoever writes says `with transaction(connection)`.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar, cast
from urllib.parse import quote

from wakeful_collector.model.store_errors import (
    DatabaseCorrupt,
    DatabaseMissing,
    DatabaseNewer,
    StoreBusy,
    StoreError,
    StoreFull,
)
from wakeful_collector.store import migrations, reserve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = [
    "FAMILIES",
    "DatabaseCorrupt",
    "DatabaseMissing",
    "DatabaseNewer",
    "Family",
    "Place",
    "Reader",
    "StoreBusy",
    "StoreError",
    "StoreFull",
    "create",
    "database_path",
    "reader",
    "rest",
    "transaction",
    "translated",
    "writer",
]

Family = Literal["state", "samples", "gateway"]
FAMILIES: tuple[Family, ...] = ("state", "samples", "gateway")

APPLICATION_ID = 0x57414B45  # "WAKE"
BUSY_SECONDS = 15.0
PAGE_BYTES = {"state": 4096, "samples": 8192, "gateway": 4096}
SYNCHRONOUS = {"state": "FULL", "samples": "FULL", "gateway": "NORMAL"}
"""What a commit waits for. A request of the gateway commits twice and must not wait for the disk: see decision 160."""
GATEWAY_LOG_PAGES_MAX = 16_384
"""How long the log of `gateway.db` may grow (64 MiB) before a writer copies it itself, should the worker not run."""
_CACHE_KIB = {"state": 4096, "samples": 32768, "gateway": 4096}
_READING_CACHE_KIB = 4096
"""Each thread has readers of its own, and SQLite empties their caches whenever somebody else has written."""
_READERS_KEPT = 8
_NO_ROOM = {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_TRUNCATE}
_kept = threading.local()
_Opened = TypeVar("_Opened")

Place = tuple[int, str, int]
"""Process, path and inode of an open database: the same place holds the same content, whichever connection looks."""


class Reader(sqlite3.Connection):
    """A read-only connection that knows where it looks."""

    place: Place


class _Shelf(dict[Place, Reader]):
    """The readers of one thread, closed when it ends.

    A connection and its cache of statements hold each other: left alone, it stays open until cycles are looked for.
    """

    def __del__(self) -> None:
        for place, connection in self.items():
            if place[0] == os.getpid():
                connection.close()


def database_path(data: Path, family: Family) -> Path:
    """Return where the database of a family lies."""
    return data / f"{family}.db"


def create(data: Path) -> None:
    """Make the data folder (0700) and the databases where they are missing, and bring their tables up to date.

    Safe to be called by several processes at once. Raises DatabaseNewer, DatabaseCorrupt, StoreFull, StoreError.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(data / ".create.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        why = "it is no folder" if isinstance(error, (FileExistsError, NotADirectoryError)) else error.strerror
        raise StoreError(f"the data folder {data} cannot be used: {why}; choose another by --data") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for family in FAMILIES:
            _with_room(data, family, partial(_create, database_path(data, family), family))
            reserve.keep(data, family)
    finally:
        os.close(lock)


def writer(data: Path, family: Family) -> sqlite3.Connection:
    """Return a new connection that may write: autocommit, WAL, as synchronous as the family is, foreign keys held.

    The caller owns and closes it; it may be handed from thread to thread, not shared by two at once.
    """
    return _with_room(data, family, partial(_writer, database_path(data, family), family))


def _writer(path: Path, family: Family) -> sqlite3.Connection:
    with translated(path):
        connection = _open(path, "rw")
        connection.execute(f"PRAGMA synchronous={SYNCHRONOUS[family]}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB[family]}")
        connection.execute("PRAGMA journal_size_limit=67108864")
        if family == "gateway":  # the worker copies the log into the database: no request waits for the disk
            connection.execute(f"PRAGMA wal_autocheckpoint={GATEWAY_LOG_PAGES_MAX}")
    return connection


def reader(data: Path, family: Family) -> Reader:
    """Return this thread's read-only connection; rows are sqlite3.Row. Never close it.

    It is opened anew after a fork and when the file was replaced (a restore). Raises DatabaseMissing.
    """
    path = f"{data}/{family}.db"
    try:
        inode = os.stat(path).st_ino
    except FileNotFoundError:
        raise _missing(database_path(data, family)) from None
    kept: _Shelf | None = _kept.__dict__.get("readers")
    if kept is None:
        kept = _kept.readers = _Shelf()
    place = (os.getpid(), path, inode)
    connection = kept.get(place)
    if connection is None:
        connection = _with_room(data, family, partial(_reader, database_path(data, family)))
        connection.place = place
        kept[place] = connection
        while len(kept) > _READERS_KEPT:
            kept.pop(next(iter(kept))).close()
    return connection


def rest() -> None:
    """Give up the pages that this thread's readers keep in memory; for whoever looks again only after a while.

    Source: https://www.sqlite.org/pragma.html#pragma_shrink_memory
    """
    kept: _Shelf = _kept.__dict__.get("readers") or _Shelf()
    for place, connection in kept.items():
        if place[0] == os.getpid():
            with suppress(sqlite3.Error):  # what is held on to costs memory, nothing else
                connection.execute("PRAGMA shrink_memory")


def _reader(path: Path) -> Reader:
    with translated(path):
        connection = cast("Reader", _open(path, "ro", Reader))
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA query_only=ON")
        connection.execute(f"PRAGMA cache_size=-{_READING_CACHE_KIB}")
    return connection


def _with_room(data: Path, family: Family, opening: Callable[[], _Opened]) -> _Opened:
    """Open a database; where the disk is too full even for that, once more in the room that was kept for it."""
    try:
        return opening()
    except StoreFull:
        reserve.spend(data, family)  # where it is gone, another process may have given it up just now
    return opening()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run the block as one durable transaction; whatever it raises undoes all of it.

    Raises StoreFull, StoreBusy, DatabaseCorrupt in place of SQLite's errors.
    """
    with translated():
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite undoes it by itself when the disk is full
                connection.execute("ROLLBACK")
            raise


@contextmanager
def translated(path: Path | None = None) -> Iterator[None]:
    """Raise the store's own errors in place of SQLite's; what is a fault of ours stays what it is."""
    try:
        yield
    except sqlite3.Error as error:
        ours = _translate(error, "the database" if path is None else str(path))
        if ours is None:
            raise
        raise ours from error


def _translate(error: sqlite3.Error, where: str) -> StoreError | None:
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary == sqlite3.SQLITE_FULL or code in _NO_ROOM:
        return StoreFull(f"{where} cannot grow: the disk is full; free some space or shorten the retention")
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusy(f"{where} is busy: another writer has held it for {BUSY_SECONDS:.0f} s")
    if primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return DatabaseCorrupt(
            f"{where} is damaged ({error}); it was left as it is. Stop the collector, keep a copy of the data folder, "
            "and bring back a backup by `wakeful-collector restore FILE`"
        )
    if primary in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM}:
        return StoreError(f"{where} cannot be opened or written ({error}); look at its owner, rights and disk")
    return None


def _missing(path: Path) -> DatabaseMissing:
    return DatabaseMissing(f"there is no {path.name} in {path.parent}; `wakeful-collector serve` makes it")


def _open(path: Path, mode: str, factory: type[sqlite3.Connection] = sqlite3.Connection) -> sqlite3.Connection:
    if mode != "rwc" and not path.exists():
        raise _missing(path)
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_SECONDS,
        check_same_thread=False,
        cached_statements=256,
        factory=factory,
    )
    connection.execute("PRAGMA temp_store=MEMORY")
    return connection


def _create(path: Path, family: Family) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with translated(path):
        connection = _open(path, "rwc")
        try:
            if connection.execute("PRAGMA schema_version").fetchone()[0] == 0:
                connection.execute(f"PRAGMA page_size={PAGE_BYTES[family]}")
                connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            elif connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise DatabaseCorrupt(
                    f"{path} is not a database of Wakeful; move it away or choose another data folder"
                )
            connection.execute("PRAGMA synchronous=FULL")
            unknown = migrations.unknown(connection, family)
            if unknown:
                raise DatabaseNewer(
                    f"{path} was written by a newer version (it knows {', '.join(unknown)}); it was left as it is. "
                    "Install that version, or restore a backup of this one into another data folder"
                )
            migrations.apply(connection, family)
        finally:
            connection.close()
