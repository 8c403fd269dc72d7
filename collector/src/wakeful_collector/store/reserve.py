"""A little room beside each database, given up where the disk is so full that the database could not be opened.

SQLite wants 32 KiB (`-shm`) as soon as nobody else has a database open: without them not even a reader comes in, and a
collector that is started again cannot say that the disk is full.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BYTES = 65_536


def keep(data: Path, family: str) -> bool:
    """Make the reserve of a database where it is missing; False where there is no room for it now."""
    written = 0
    try:
        descriptor = os.open(_path(data, family), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            written = os.write(descriptor, os.urandom(BYTES))  # zeros would take no room on some filesystems
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except FileExistsError:  # it is there, or another process is making it
        return True
    except OSError:
        pass
    if written < BYTES:
        spend(data, family)
    return written == BYTES


def spend(data: Path, family: str) -> bool:
    """Give the reserve of a database up; False where there is none."""
    with suppress(OSError):
        _path(data, family).unlink()
        return True
    return False


def _path(data: Path, family: str) -> Path:
    return data / f".{family}.reserve"
