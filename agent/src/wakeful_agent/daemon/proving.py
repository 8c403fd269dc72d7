"""What a release proves itself by: the first push that the collector accepted from it, written down for who waits."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from wakeful_wire.answer import Answer

CHARACTERS_MAX = 64


class Proof:
    """Stands before whoever hears the collector's answers; writes `version` into the file `path` at the first of them.

    The launcher, install.sh and `wakeful-agent update` read it; who runs always in the same release writes it once.
    """

    def __init__(self, path: str, version: str, answered: Callable[[Answer], None]) -> None:
        self._path = path
        self._version = version
        self._answered = answered
        self._done = False

    def answered(self, answer: Answer) -> None:
        """Take an answer to an accepted push; never raises for want of a disk."""
        if not self._done:
            self._done = True
            if read(self._path) != self._version:
                self._write()
        self._answered(answer)

    def _write(self) -> None:
        temporary = f"{self._path}.temp"
        try:
            with open(temporary, "w", encoding="ascii") as file:
                file.write(f"{self._version}\n")
            os.rename(temporary, self._path)
        except OSError:  # no room: the next push may find some
            self._done = False


def read(path: str) -> str:
    """Return the version in such a file; empty where there is none, or it is no plain file."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(handle, CHARACTERS_MAX).decode("ascii", "replace").strip()
    except OSError:  # a folder
        return ""
    finally:
        os.close(handle)
