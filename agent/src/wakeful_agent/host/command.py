"""Starting a program: always a list of words, a clean environment, a timeout that ends it and all it started.

`posix_spawn` instead of the subprocess module: nothing of Python runs between fork and exec, so it is safe beside other
threads, and an agent that starts no program does not carry the module.
"""

from __future__ import annotations

import os
import select
import signal
import stat
import threading
from functools import partial
from time import monotonic, sleep

from wakeful_agent.host.errors import Denied, HostError, Late, Malformed, translate
from wakeful_agent.host.text import decode, label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping, Sequence

FOLDERS = (
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
    "/snap/bin",
    "/run/current-system/sw/bin",
)
"""Where programs are looked for, whatever PATH says: who can set the agent's PATH must not choose what it starts."""

ERR_BYTES_MAX = 65_536
LEFT_MAX = 8
_PASSED = ("HOME", "USER", "LOGNAME", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
_CHUNK_BYTES = 65_536
_STEP_SECONDS = 0.2
_KILL_SECONDS = 1.0
_ANY_EVENT = select.POLLIN | select.POLLHUP | select.POLLERR | select.POLLNVAL


class Output(NamedTuple):
    """How a program ended: exit code (or less the number of the signal that ended it), and what it wrote."""

    code: int
    out: str
    err: str


def environment(given: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return what a program gets to see of the environment: little, in English, with the system's own libraries.

    The agent's secrets, LD_LIBRARY_PATH and the freezer's variables stay out because only what is named goes in.
    """
    kept = {name: given[name] for name in _PASSED if name in given}
    return {**kept, "PATH": ":".join(FOLDERS[:6]), "LC_ALL": "C", **more}


def find(name: str, folders: Sequence[str]) -> tuple[str | None, bool]:
    """Return the path of a program, and whether it may be started; `name` may be an absolute path."""
    found = None
    for path in [name] if "/" in name else [f"{folder}/{name}" for folder in folders]:
        try:
            regular = stat.S_ISREG(os.stat(path).st_mode)
        except (OSError, ValueError):
            continue
        if regular and os.access(path, os.X_OK):
            return path, True
        found = found or (path if regular else None)
    return found, False


class Starter:
    """Runs programs, and remembers those that could not be killed (root's own, or stuck in the kernel)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._left: set[int] = set()
        self._running: set[int] = set()
        _keep_open_files()

    def run(
        self, argv: Sequence[str], environ: Mapping[str, str], timeout_seconds: float, most: int, give: bytes
    ) -> Output:
        """Return what the program at the absolute path `argv[0]` wrote.

        Raises Late after `timeout_seconds`, Malformed when it writes more than `most` bytes, Denied, HostError.
        """
        self._reap()
        if len(self._left) >= LEFT_MAX:
            raise Late(f"{label(argv[0])} is not started: {LEFT_MAX} programs from before could not be ended")
        child = _Child(argv, environ, give)
        try:
            self._note(child.pid)
            out, err = child.talk(timeout_seconds, most)
        finally:
            child.close()
            ended = child.end()
            self._running.discard(child.pid)
            if not ended:
                self._left.add(child.pid)
        return Output(child.code, decode(out), decode(err))

    def stop(self) -> None:
        """Kill every program that runs, from whatever thread: whoever waits for one gets what it wrote so far.

        One that another thread is starting right now ends as soon as it has begun.
        """
        with self._lock:
            self._stopped = True
            for pid in [*self._running, *self._left]:
                _kill(pid)

    def _note(self, pid: int) -> None:
        """Let `stop` know of a program; it never waits for one that is being started, whose disk may hang."""
        with self._lock:
            self._running.add(pid)
            if self._stopped:
                _kill(pid)

    def _reap(self) -> None:
        for pid in list(self._left):
            if _wait(pid) is not None:
                self._left.discard(pid)


class _Child:
    """One started program in a session of its own, and the pipes to it."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str], give: bytes) -> None:
        self._name = label(argv[0])
        self._give = give
        self.code = 0
        ours: list[int] = []
        theirs: list[int] = []
        try:
            _plumb(ours, theirs, bool(give))
            self.pid = _spawn(argv, environ, theirs)
        except OSError as error:
            _close(ours)
            raise translate(error, self._name) from None
        except ValueError as error:  # a word with a NUL in it
            _close(ours)
            raise HostError(f"{self._name} cannot be started: {error}") from None
        finally:
            _close(theirs)
        self._stdin, self._stdout, self._stderr = ours
        for descriptor in ours:
            if descriptor >= 0:
                os.set_blocking(descriptor, False)

    def talk(self, timeout_seconds: float, most: int) -> tuple[bytes, bytes]:
        """Give it its input and take what it writes until it has ended."""
        deadline = monotonic() + timeout_seconds
        late = f"{self._name} did not end within {timeout_seconds:g} s"
        out, err = bytearray(), bytearray()
        poller = select.poll()
        poller.register(self._stdout, _ANY_EVENT)
        poller.register(self._stderr, _ANY_EVENT)
        if self._stdin >= 0:
            poller.register(self._stdin, select.POLLOUT)
        reading = {self._stdout: out, self._stderr: err}
        while reading:
            left = deadline - monotonic()
            if left <= 0:
                raise Late(late)
            events = poller.poll(min(left, _STEP_SECONDS) * 1000)
            for descriptor, _ in events:
                if descriptor == self._stdin:
                    if not self._feed():
                        poller.unregister(descriptor)
                        self._close_stdin()
                elif not _take(descriptor, reading[descriptor]):
                    poller.unregister(descriptor)
                    del reading[descriptor]
            if len(out) > most:
                raise Malformed(f"{self._name} writes more than {most} bytes")
            del err[ERR_BYTES_MAX:]
            if not events and _ended(self.pid):
                break  # something it started holds the pipes
        self._await(deadline, late)
        return bytes(out), bytes(err)

    def close(self) -> None:
        """Close the pipes."""
        self._close_stdin()
        _close([self._stdout, self._stderr])

    def end(self) -> bool:
        """Kill whatever is left of the session's group and take the exit code; False when it cannot be killed."""
        _kill(self.pid)
        ends = monotonic() + _KILL_SECONDS
        pause = 0.001
        while True:
            code = _wait(self.pid)
            if code is not None:
                self.code = code
                return True
            if monotonic() > ends:
                return False
            sleep(pause)
            pause = min(pause * 2, 0.05)

    def _feed(self) -> bool:
        """Write some of the input; tells whether there is more of it."""
        try:
            written = os.write(self._stdin, self._give[:_CHUNK_BYTES])
        except BlockingIOError:  # pragma: no cover - poll said there is room; a race of the kernel's
            return True
        except OSError:  # it does not listen
            return False
        self._give = self._give[written:]
        return bool(self._give)

    def _close_stdin(self) -> None:
        stdin, self._stdin = self._stdin, -1
        _close([stdin])

    def _await(self, deadline: float, late: str) -> None:
        pause = 0.001
        while not _ended(self.pid):
            if monotonic() > deadline:
                raise Late(late)
            sleep(pause)
            pause = min(pause * 2, 0.05)


def read_secret(path: str, most: int = 4096) -> str:
    """Return the text of a secret's file without the line's end; raise Denied when others may read it, HostError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
            content = os.read(descriptor, most + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise translate(error, label(path)) from None
    if mode & 0o027:
        raise Denied(f"{label(path)} holds a secret and is open to others (mode {mode:04o}): run chmod o-rwx,g-w on it")
    if len(content) > most:
        raise Malformed(f"{label(path)}: has more than {most} bytes")
    secret = decode(content).rstrip("\r\n")
    if not secret:
        raise HostError(f"{label(path)} is empty")
    return secret


def _plumb(ours: list[int], theirs: list[int], give: bool) -> None:
    if give:
        read_end, write_end = os.pipe()
        ours.append(write_end)
        theirs.append(read_end)
    else:
        theirs.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        ours.append(-1)
    for _ in ("stdout", "stderr"):
        read_end, write_end = os.pipe()
        ours.append(read_end)
        theirs.append(write_end)


def _spawn(argv: Sequence[str], environ: Mapping[str, str], pipes: Sequence[int]) -> int:
    start = partial(
        os.posix_spawn,
        argv[0],
        list(argv),
        environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(pipes)],
        # Python ignores SIGPIPE, and what is ignored stays so in a child: it would write for ever into a closed pipe.
        setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
        setsigmask=[],
    )
    try:
        return start(setsid=True)
    except RuntimeError:  # pragma: no cover - before glibc 2.26 (CentOS 7): a group, which kills as well
        return start(setpgroup=0)


def _keep_open_files() -> None:
    """Let no program inherit what whoever started the agent left open; what Python opens is closed by itself."""
    for name in os.listdir("/proc/self/fd"):
        try:
            if int(name) > 2:
                os.set_inheritable(int(name), False)
        except OSError:  # it was the listing's own
            continue


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # nothing is left, or it is root's
        return


def _take(descriptor: int, into: bytearray) -> bool:
    try:
        chunk = os.read(descriptor, _CHUNK_BYTES)
    except BlockingIOError:  # pragma: no cover - poll said there is something; a race of the kernel's
        return True
    into += chunk
    return bool(chunk)


def _ended(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # pragma: no cover - somebody else in this process took its exit code
        return True


def _wait(pid: int) -> int | None:
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # pragma: no cover - somebody else in this process took its exit code
        return 0
    return os.waitstatus_to_exitcode(status) if found else None


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        if descriptor >= 0:
            os.close(descriptor)
