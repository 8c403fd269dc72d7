"""Whether the store has room, in a small file of its own: it is written in place, so a full disk does not hinder it."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from wakeful_collector.store import database, reserve

if TYPE_CHECKING:
    from pathlib import Path

_FORM = struct.Struct("<8sqq")
_MARK = b"wakeful1"
_NAME = "room"


def prepare(data: Path) -> None:
    """Make the file while there is still room; a file that is there stays."""
    path = data / _NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(_FORM.pack(_MARK, 0, 0))
        file.flush()
        os.fsync(file.fileno())


def mark(data: Path, full_since_ms: int, pushed_ms: int) -> None:
    """Say since when the disk is full (0: it is not) and when a push was last taken; in ms since the epoch.

    Where it is not, what was given up when it was is made again.
    """
    if not full_since_ms:
        for family in database.FAMILIES:
            reserve.keep(data, family)
    try:
        descriptor = os.open(data / _NAME, os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.pwrite(descriptor, _FORM.pack(_MARK, full_since_ms, pushed_ms), 0)
    finally:
        os.close(descriptor)


def look(data: Path) -> tuple[int, int]:
    """Return since when the disk is full and when a push was last taken; zeros where nothing was said."""
    try:
        content = (data / _NAME).read_bytes()
        mark_found, full_since_ms, pushed_ms = _FORM.unpack(content)
    except (FileNotFoundError, struct.error):
        return 0, 0
    return (full_since_ms, pushed_ms) if mark_found == _MARK else (0, 0)
