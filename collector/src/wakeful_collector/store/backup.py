"""The databases in one file while the collector runs, and back again: a tar of them and a note, in zstd."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import zstandard

import wakeful_collector
from wakeful_collector.store import database, migrations
from wakeful_collector.store.database import APPLICATION_ID, DatabaseCorrupt, DatabaseNewer, StoreError, StoreFull

if TYPE_CHECKING:
    from collections.abc import Iterator

FORM = 2
"""1 had no gateway.db: such a backup is restored without one, and an empty one is made."""
_NOTE = "wakeful-backup.json"
_ORDER: tuple[database.Family, ...] = ("gateway", "samples", "state")


class BackupFacts(NamedTuple):
    """What a backup holds: when it was made, by which version, the size of each database in bytes."""

    form: int
    at_ms: int
    version: str
    state_bytes: int
    samples_bytes: int
    gateway_bytes: int = 0


def backup(data: Path, file: Path, now_ms: int) -> BackupFacts:
    """Write a backup of the databases to `file` (0600), which appears whole or not at all; writers are not blocked.

    The state is copied last: what the others speak of is then in it. Raises StoreError, StoreFull.
    """
    with _disk(file.parent), tempfile.TemporaryDirectory(prefix=".wakeful-backup-", dir=file.parent) as folder:
        copies = {family: Path(folder) / f"{family}.db" for family in _ORDER}
        sizes = {f"{family}_bytes": _copy(data, family, path) for family, path in copies.items()}
        facts = BackupFacts(FORM, now_ms, wakeful_collector.__version__, **sizes)
        note = Path(folder) / _NOTE
        note.write_bytes(msgspec.json.encode(facts._asdict()))
        part = Path(folder) / "backup"
        packer = zstandard.ZstdCompressor(level=3, write_checksum=True)
        with part.open("wb") as out:
            with (
                packer.stream_writer(out, closefd=False) as packed,
                tarfile.open(fileobj=packed, mode="w|") as archive,
            ):
                for path in (note, *copies.values()):
                    archive.add(path, arcname=path.name)
            out.flush()
            os.fsync(out.fileno())
        part.chmod(0o600)
        part.replace(file)
    return facts


def restore(file: Path, data: Path) -> BackupFacts:
    """Make the databases of a data folder from a backup; refuses where there are any, or when the backup is not sound.

    Raises StoreError, DatabaseNewer, DatabaseCorrupt, StoreFull. Until everything was checked the data folder has none.
    """
    for name in (f"{family}.db{suffix}" for family in database.FAMILIES for suffix in ("", "-wal", "-shm")):
        if (data / name).exists():  # a log that was left behind would be written into the database that comes
            raise StoreError(
                f"{data} already holds {name}; stop the collector and move the databases away (with their "
                "-wal and -shm files), or restore into another folder by --data"
            )
    with _disk(data):
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=data) as folder:
            facts = _unpack(file, Path(folder))
            families = [family for family in _ORDER if family != "gateway" or facts.form > 1]
            for family in families:
                _check(Path(folder) / f"{family}.db", family, file)
            for family in families:
                (Path(folder) / f"{family}.db").replace(database.database_path(data, family))
    database.create(data)
    return facts


def _copy(data: Path, family: database.Family, path: Path) -> int:
    with database.translated(path), closing(database.writer(data, family)) as connection:
        connection.execute("VACUUM INTO ?", (str(path),))
    path.chmod(0o600)
    return path.stat().st_size


def _unpack(file: Path, folder: Path) -> BackupFacts:
    if not file.is_file():
        raise StoreError(f"there is no file {file}")
    wanted = {_NOTE, *(f"{family}.db" for family in database.FAMILIES)}
    try:
        _whole(file)
        with (
            file.open("rb") as packed,
            zstandard.ZstdDecompressor().stream_reader(packed) as stream,
            tarfile.open(fileobj=stream, mode="r|") as archive,
        ):
            for member in archive:
                source = archive.extractfile(member) if member.isfile() and member.name in wanted else None
                if source is None:
                    raise DatabaseCorrupt(f"{file} is not a backup of Wakeful: it holds {member.name!r}")
                with (folder / member.name).open("xb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
        facts = BackupFacts(**msgspec.json.decode((folder / _NOTE).read_bytes()))
    except (tarfile.TarError, zstandard.ZstdError, msgspec.MsgspecError, TypeError, EOFError) as error:
        raise DatabaseCorrupt(f"{file} is not a whole backup of Wakeful ({error}); nothing was restored") from None
    if facts.form > FORM:
        raise DatabaseNewer(f"{file} was written by version {facts.version}, which is newer; nothing was restored")
    return facts


def _whole(file: Path) -> None:
    """Read the file through to its checksum; raise ZstdError or EOFError when it is damaged or cut short."""
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    with file.open("rb") as packed:
        while not unpacker.eof and (piece := packed.read(1 << 20)):
            unpacker.decompress(piece)
    if not unpacker.eof:
        raise EOFError("it ends too early")


def _check(path: Path, family: database.Family, file: Path) -> None:
    if not path.exists():
        raise DatabaseCorrupt(f"{file} lacks {path.name}; nothing was restored")
    with database.translated(path), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok" or connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise DatabaseCorrupt(f"{path.name} in {file} is damaged ({problem}); nothing was restored")
        unknown = migrations.unknown(connection, family)
        if unknown:
            raise DatabaseNewer(
                f"{path.name} in {file} was written by a newer version (it knows {', '.join(unknown)}); nothing was "
                "restored, install that version"
            )
        connection.execute("PRAGMA journal_mode=WAL")
    path.chmod(0o600)


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {28, 27, 122}:  # ENOSPC, EFBIG, EDQUOT
            raise StoreFull(f"{folder} has no room for it: {error.strerror}") from None
        raise StoreError(f"{error.filename or folder} cannot be used: {error.strerror or error}") from None
