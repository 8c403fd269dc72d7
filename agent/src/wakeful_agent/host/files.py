"""Reading the machine's files under a root; /proc and /sys are read by descriptor, without buffers in between."""

from __future__ import annotations

import os
import threading
import time

from wakeful_agent.host.errors import Absent, Denied, HostError, Malformed, translate
from wakeful_agent.host.text import decode, label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator, Mapping, Sequence

    from wakeful_agent.host.command import Output, Starter
    from wakeful_agent.host.sudo import Sudo

CHUNK_BYTES = 65_536
_LINES_BYTES = 16_384  # split into lines it takes four times that
FILE_BYTES_MAX = 16 * 1024 * 1024
_FLAGS = os.O_RDONLY | os.O_CLOEXEC


class Host:
    """One machine as seen under `root`; paths are given without the leading slash (`proc/stat`).

    Every method raises Absent, Denied or HostError (never OSError). Descriptors of files read with `kept` stay open.
    """

    def __init__(self, root: str = "/", programs: Sequence[str] | None = None, user_id: int | None = None) -> None:
        self.root = root if root.endswith("/") else root + "/"
        self.real = self.root == "/"
        self.programs = programs
        """Folders of programs instead of the fixed ones; a machine that is not this one has none of its own."""
        self.user_id = os.geteuid() if user_id is None else user_id
        self._kept: dict[str, int] = {}
        self._starter: Starter | None = None
        self._sudo: Sudo | None = None
        self._starting = threading.Lock()
        self._stopped = False

    def path(self, relative: str) -> str:
        """Return the path of `relative` under the root."""
        return self.root + relative

    def read(self, relative: str, most: int = FILE_BYTES_MAX) -> str:
        """Return the file's text; raise Malformed when it has more than `most` bytes."""
        try:
            descriptor = os.open(self.root + relative, _FLAGS)
            try:
                content = _drain(descriptor, most)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise translate(error, "/" + relative) from None
        return decode(_bounded(content, most, relative))

    def lines(self, relative: str) -> Iterator[str]:
        """Yield the file's lines one by one, whatever its size, holding one chunk of it at a time."""
        try:
            descriptor = os.open(self.root + relative, _FLAGS)
            try:
                rest = b""
                while True:
                    chunk = os.read(descriptor, _LINES_BYTES)
                    *whole, rest = (rest + chunk).split(b"\n")
                    yield from map(decode, whole)
                    if not chunk:
                        break
                if rest:
                    yield decode(rest)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise translate(error, "/" + relative) from None

    def kept(self, relative: str, most: int = FILE_BYTES_MAX) -> str:
        """Return the file's text as `read` does, through a descriptor that stays open from call to call.

        For files of /proc and /sys that live as long as the machine: a read from position 0 makes the kernel
        write them anew. A descriptor whose device went away is opened again once.
        """
        return decode(self.kept_raw(relative, most))

    def kept_raw(self, relative: str, most: int = FILE_BYTES_MAX) -> bytes:
        """Return what `kept` returns, as the bytes they are."""
        descriptor = self._kept.get(relative)
        if descriptor is not None:
            try:
                return _bounded(_drain_from_start(descriptor, most), most, relative)
            except OSError:
                self._drop(relative)
        try:
            descriptor = self._kept[relative] = os.open(self.root + relative, _FLAGS)
            return _bounded(_drain_from_start(descriptor, most), most, relative)
        except OSError as error:
            self._drop(relative)
            raise translate(error, "/" + relative) from None

    def line(self, relative: str) -> str:
        """Return the file's first line without white space around it, the form of most files in /sys."""
        return self.read(relative, CHUNK_BYTES).partition("\n")[0].strip()

    def whole(self, relative: str) -> int:
        """Return the whole number the file holds; raise Malformed when it holds none."""
        text = self.line(relative)
        try:
            return int(text)
        except ValueError:
            raise Malformed(f"/{relative}: {text[:40]!r} is not a whole number") from None

    def listing(self, relative: str) -> list[str]:
        """Return the names in the folder, sorted."""
        try:
            return sorted(os.listdir(self.root + relative))
        except OSError as error:
            raise translate(error, "/" + relative) from None

    def target(self, relative: str) -> str:
        """Return where the symbolic link points, as it is written in the link."""
        try:
            return os.readlink(self.root + relative)
        except OSError as error:
            raise translate(error, "/" + relative) from None

    def exists(self, relative: str) -> bool:
        """Say whether the path is there (or cannot be told from being there)."""
        return os.path.lexists(self.root + relative)

    def optional(self, relative: str) -> str:
        """Return the first line of the file, or nothing where it cannot be read."""
        try:
            return self.line(relative)
        except HostError:
            return ""

    def statvfs(self, mountpoint: str) -> os.statvfs_result:
        """Return the filesystem's figures; may block for ever on a dead network mount, so give it a lane."""
        try:
            return os.statvfs(self.root + mountpoint.lstrip("/"))
        except OSError as error:
            raise translate(error, mountpoint) from None

    def awake_seconds(self) -> float:
        """Return the time since boot, sleep included; never set back, so that differences are safe."""
        if self.real:
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        text = self.read("proc/uptime").partition(" ")[0]
        try:
            return float(text)
        except ValueError:
            raise Malformed(f"/proc/uptime: {text[:40]!r} is not a number") from None

    def program(self, name: str) -> str | None:
        """Return the path of a program that may be started, or None; looked for in fixed folders, never in PATH."""
        from wakeful_agent.host import command

        path, usable = command.find(self._place(name), self._folders())
        return path if usable else None

    def run(
        self,
        argv: Sequence[str],
        timeout_seconds: float = 10.0,
        most: int = 4_194_304,
        give: bytes = b"",
        environment: Mapping[str, str] | None = None,
    ) -> Output:
        """Run a program and return how it ended; `give` is its input, `environment` goes beside the little it gets.

        It has a process group of its own, speaks English (LC_ALL=C), and its group is killed when it ends or is late.
        Raises Absent (no such program), Denied (not executable), Late, Malformed (more than `most` bytes), HostError.
        """
        from wakeful_agent.host import command

        path = self._startable(argv[0])
        with self._starting:
            if self._stopped:
                raise HostError(f"{label(argv[0])} is not started: the agent is stopping")
            starter = self._starter = self._starter or command.Starter()
        clean = command.environment(os.environ, environment or {})
        return starter.run([path, *argv[1:]], clean, timeout_seconds, most, give)

    def run_as_root(
        self, argv: Sequence[str], timeout_seconds: float = 10.0, most: int = 4_194_304, give: bytes = b""
    ) -> Output:
        """Run a program as root: through `sudo -n` unless this is root; raise Denied with sudo's reason, and as `run`.

        What sudo refused is not asked again for an hour, or until its files change: it mails every refusal to root.
        """
        if self.user_id == 0:
            return self.run(argv, timeout_seconds, most, give)
        words = [self._startable(argv[0]), *argv[1:]]
        return self._superuser().run(self, words, timeout_seconds, most, give)

    def check_root(self, argv: Sequence[str], timeout_seconds: float = 5.0) -> None:
        """Raise Denied, with sudo's reason, when exactly this command may not be run as root; nothing is run."""
        words = [self._startable(argv[0]), *argv[1:]]
        if self.user_id != 0:
            self._superuser().check(self, words, timeout_seconds)

    def forget_refusals(self) -> None:
        """Let sudo be asked again for what it refused."""
        if self._sudo is not None:
            self._sudo.forget()

    def secret(self, path: str) -> str:
        """Return the text in a secret's file; raise Denied when it is open to others, Absent, HostError."""
        from wakeful_agent.host import command

        return command.read_secret(self._place("/" + path.lstrip("/")))

    def apart(self) -> Host:
        """Return the same machine with descriptors of its own, for another thread."""
        return type(self)(self.root, self.programs, self.user_id)

    def stop_programs(self) -> None:
        """Kill the programs that run now, and start no more; they would outlive the agent otherwise."""
        with self._starting:
            self._stopped = True
            starter = self._starter
        if starter is not None:
            starter.stop()

    def close(self) -> None:
        """Close every descriptor that was kept."""
        for relative in list(self._kept):
            self._drop(relative)

    def _folders(self) -> Sequence[str]:
        if self.programs is not None:
            return self.programs
        from wakeful_agent.host import command

        return command.FOLDERS if self.real else ()

    def _place(self, name: str) -> str:
        return self.root + name.lstrip("/") if name.startswith("/") and not name.startswith(self.root) else name

    def _startable(self, name: str) -> str:
        from wakeful_agent.host import command

        path, usable = command.find(self._place(name), self._folders())
        if path is None:
            raise Absent(f"{label(name)} is not installed")
        if not usable:
            raise Denied(f"{label(path)} may not be started by this user")
        return path

    def _superuser(self) -> Sudo:
        from wakeful_agent.host.sudo import Sudo

        self._sudo = self._sudo or Sudo()
        return self._sudo

    def _drop(self, relative: str) -> None:
        descriptor = self._kept.pop(relative, None)
        if descriptor is not None:
            os.close(descriptor)


def _drain(descriptor: int, most: int) -> bytes:
    content = os.read(descriptor, CHUNK_BYTES)
    if len(content) < 1024:  # the kernel gives a short file at once; the end needs no second question
        return content
    parts = [content]
    size = len(content)
    while content and size <= most:
        content = os.read(descriptor, CHUNK_BYTES)
        parts.append(content)
        size += len(content)
    return b"".join(parts)


def _drain_from_start(descriptor: int, most: int) -> bytes:
    content = os.pread(descriptor, CHUNK_BYTES, 0)
    if len(content) < 1024:
        return content
    parts = [content]
    size = len(content)
    while content and size <= most:
        content = os.pread(descriptor, CHUNK_BYTES, size)
        parts.append(content)
        size += len(content)
    return b"".join(parts)


def _bounded(content: bytes, most: int, relative: str) -> bytes:
    if len(content) > most:
        raise Malformed(f"/{relative}: has more than {most} bytes")
    return content
