"""Which package databases this machine has, when each changed, and what is in them."""

from __future__ import annotations

import os
import stat

from wakeful_agent.host.errors import Absent, HostError, Malformed, translate
from wakeful_agent.host.package_lists import RPM_FORMAT, Package, parse_apk, parse_dpkg, parse_pacman, parse_rpm
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

    from wakeful_agent.host.files import Host

DPKG = "dpkg"
RPM = "rpm"
APK = "apk"
PACMAN = "pacman"

_PLACES = (
    (DPKG, "var/lib/dpkg/status"),
    (RPM, "usr/lib/sysimage/rpm"),
    (RPM, "var/lib/rpm"),
    (APK, "usr/lib/apk/db/installed"),
    (APK, "lib/apk/db/installed"),
    (PACMAN, "var/lib/pacman/local"),
)
_RPM_FILES = ("rpmdb.sqlite", "rpmdb.sqlite-wal", "Packages.db", "Packages")
_FILE_BYTES_MAX = 64 * 1024 * 1024
_DESC_BYTES_MAX = 262_144
_RPM_SECONDS = 45.0


class Database(NamedTuple):
    """A package database; `stamps` are times, sizes and inodes of its files, others whenever it changed."""

    manager: str
    path: str
    stamps: tuple[tuple[int, int, int], ...]


def find_databases(host: Host) -> list[Database]:
    """Return the package databases that are there and hold something, one for each manager."""
    found: dict[str, Database] = {}
    for manager, path in _PLACES:
        files = [f"{path}/{name}" for name in _RPM_FILES] if manager == RPM else [path]
        stamps = tuple(one for one in (_stamp(host, file) for file in files) if one is not None)
        if stamps and manager not in found:
            found[manager] = Database(manager, path, stamps)
    return list(found.values())


def read_packages(host: Host, database: Database) -> Iterator[Package]:
    """Yield what is installed, as it stands there; raises HostError when the database cannot be read."""
    if database.manager == RPM:
        return _rpm(host, database.path)
    if database.manager == PACMAN:
        return _pacman(host, database.path)
    if database.stamps[0][1] > _FILE_BYTES_MAX:
        raise Malformed(f"/{database.path}: has more than {_FILE_BYTES_MAX} bytes")
    parse = parse_dpkg if database.manager == DPKG else parse_apk
    return parse(host.lines(database.path))


def changed_ms(host: Host, path: str) -> int | None:
    """Return when a file or folder was last changed, in milliseconds since the epoch; None where it is not there."""
    try:
        return os.stat(host.path(path)).st_mtime_ns // 1_000_000
    except OSError:
        return None


def _stamp(host: Host, path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(host.path(path))
    except OSError as error:
        if isinstance(translate(error, path), Absent):
            return None
        return (0, 0, 0)  # it is there, and reading it will say what is wrong
    empty = stat.S_ISREG(found.st_mode) and not found.st_size
    return None if empty else (found.st_mtime_ns, found.st_size, found.st_ino)


def _rpm(host: Host, path: str) -> Iterator[Package]:
    argv = ["rpm", "--dbpath", host.path(path), "-qa", "--qf", RPM_FORMAT]
    output = host.run(argv, timeout_seconds=_RPM_SECONDS, most=_FILE_BYTES_MAX // 4)
    if output.code:
        said = label(output.err.strip().rpartition("\n")[2], 200)
        raise HostError(f"rpm failed: {said or output.code}")
    return parse_rpm(output.out)


def _pacman(host: Host, path: str) -> Iterator[Package]:
    found = False
    for name in host.listing(path):
        try:
            yield parse_pacman(host.read(f"{path}/{name}/desc", _DESC_BYTES_MAX))
            found = True
        except Absent:  # the file of the database's own version, or a package removed meanwhile
            continue
        except Malformed:  # one broken package costs itself
            continue
    if not found:
        raise Malformed(f"/{path}: holds no packages")
