"""A log of bounded size for a process that no service manager listens to: everything it says goes into one file.

Standard output and standard error themselves are led there, so that a traceback and what a library prints are in it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

OLDER = ".1"
"""What the name of the file before the present one ends with."""


class LogFile:
    """Stands in for a Log's stream; at `size_bytes_max` its file becomes the older one, and a new one begins.

    Raises OSError when the file cannot be opened, and in `write` when the disk takes nothing.
    """

    def __init__(self, path: str, size_bytes_max: int, descriptors: tuple[int, ...] = (1, 2)) -> None:
        self._path = path
        self._most = size_bytes_max
        self._descriptors = descriptors
        self._open()

    def write(self, text: str) -> None:
        """Append the text."""
        os.write(self._descriptors[-1], text.encode("utf-8", "replace"))

    def flush(self) -> None:
        """Begin a new file when this one is full. What others wrote into it counts too."""
        try:
            if os.fstat(self._descriptors[-1]).st_size >= self._most:
                # Somebody took it away, or the opening behind the last rename failed: then there is nothing to rename.
                with suppress(FileNotFoundError):
                    os.rename(self._path, self._path + OLDER)
                self._open()
        except OSError:  # a full disk or a folder that is gone: the old file goes on
            return

    def _open(self) -> None:
        sys.stderr.flush()
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            for descriptor in self._descriptors:
                os.dup2(handle, descriptor)
        finally:
            os.close(handle)
