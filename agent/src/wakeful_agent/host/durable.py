"""Files that are whole or not there: temporary name, fsync, rename, fsync of the folder."""

from __future__ import annotations

import os

TEMPORARY = ".temp"
"""What the name of a file that is being written ends with."""


def write(path: str, content: bytes, mode: int = 0o600) -> None:
    """Write the file so that after a crash it holds the old or the new content; raises OSError."""
    temporary = f"{path}{TEMPORARY}"
    try:
        _write(temporary, content, mode)
        os.rename(temporary, path)
    except OSError:
        _unlink(temporary)  # what is half written only takes the room that is missing
        raise
    settle(os.path.dirname(path))


def _write(path: str, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(handle, view) :]
        os.fchmod(handle, mode)
        os.fsync(handle)
    finally:
        os.close(handle)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def settle(folder: str) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
