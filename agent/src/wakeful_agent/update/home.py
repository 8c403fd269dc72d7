"""Where releases lie on this machine: one folder each, and two links that say which one runs and which one ran before.

The launcher beside them reads the same names (packaging/launch.sh).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil

from wakeful_agent.host import durable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

STAGED = ".new"


class Busy(Exception):
    """Another update works here."""


class Home:
    """The folder of install.sh, such as /opt/wakeful-agent; everything here raises OSError when a disk does."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._handle = -1

    def version(self, name: str) -> str:
        """Return the version that `current` or `previous` leads to; empty where it leads nowhere."""
        try:
            target = os.readlink(self._path(name))
        except OSError:
            return ""
        return os.path.basename(target) if os.path.exists(self.program(os.path.basename(target))) else ""

    def program(self, version: str) -> str:
        """Return the path of a release's program."""
        return os.path.join(self.release(version), "wakeful-agent")

    def release(self, version: str) -> str:
        """Return the folder of a release."""
        return os.path.join(self.folder, "versions", version)

    def lock(self) -> None:
        """Keep a second update out until this process ends, or `unlock`; raise Busy."""
        self._handle = os.open(self._path(".updating"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.unlock()
            raise Busy(f"another update works in {self.folder}") from None

    def unlock(self) -> None:
        """Let others in."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second update out meanwhile; raise Busy."""
        self.lock()
        try:
            yield
        finally:
            self.unlock()

    def is_left_on_trial(self) -> bool:
        """Tell whether the current release is on trial and no install.sh watches it."""
        return not self._is_watched() and bool(self.word("trial")) and self.word("trial") == self.version("current")

    def _is_watched(self) -> bool:
        """Tell whether an install.sh is at work: its number lies in a folder, which a killed one leaves behind."""
        number = self.word(os.path.join(".installing", "pid"))
        return number.isdigit() and os.path.isdir(f"/proc/{number}")

    def word(self, name: str) -> str:
        """Return the one line of `trial` or `failed`; empty where there is none."""
        try:
            with open(self._path(name), encoding="ascii", errors="replace") as file:
                return file.readline(100).strip()
        except OSError:
            return ""

    def say(self, name: str, word: str) -> None:
        """Write the one line of `trial` or `failed`; an empty word takes the file away."""
        if word:
            durable.write(self._path(name), f"{word}\n".encode("ascii"), 0o644)
        elif os.path.lexists(self._path(name)):
            os.unlink(self._path(name))

    def begin_trial(self, version: str) -> None:
        """Make a release the current one, on trial, and the one before the one that comes back."""
        before = self.version("current")
        self._point("previous", before)
        self.say("failed", "")
        self.say("trial", version)
        self._point("current", version)

    def pass_trial(self) -> None:
        """Keep the current release, and of the others only the one before."""
        self.say("trial", "")
        self.clear([self.version("current"), self.version("previous")])

    def fail_trial(self) -> str:
        """Make the release before the current one again; return it, or nothing where the launcher was faster."""
        failed, before = self.word("trial"), self.version("previous")
        if failed and before and self.version("current") == failed:
            self._point("current", before)
        if failed:
            self.say("failed", failed)
        self.say("trial", "")
        self.clear([self.version("current")])
        return self.version("current")

    def clear(self, kept: list[str]) -> None:
        """Remove every release, staged ones too, but those named."""
        for name in os.listdir(os.path.join(self.folder, "versions")):
            if name not in kept:
                shutil.rmtree(self.release(name), ignore_errors=True)

    def _point(self, name: str, version: str) -> None:
        """Let a link lead to a release, by one rename."""
        temporary = self._path(f".{name}")
        if os.path.lexists(temporary):
            os.unlink(temporary)
        os.symlink(os.path.join("versions", version), temporary)
        os.rename(temporary, self._path(name))
        durable.settle(self.folder)

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)
