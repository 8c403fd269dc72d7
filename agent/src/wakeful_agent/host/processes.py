"""The walk over /proc: one read a process, nothing decoded that is not needed."""

from __future__ import annotations

import os

from wakeful_agent.host.errors import Malformed, translate
from wakeful_agent.host.text import decode
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

    from wakeful_agent.host.files import Host

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_FLAGS = os.O_RDONLY | os.O_CLOEXEC
_STAT_BYTES_MAX = 2_048
_COMMAND_BYTES_MAX = 4_096
_KERNEL_THREAD = 0x00200000  # PF_KTHREAD: in a container process 2 can be anybody's


class Process(NamedTuple):
    """One process at one moment; `ticks` is its processor time so far, `start_ticks` when it began after boot.

    `kernel`: it is a thread of the kernel.
    """

    pid: int
    name: bytes
    state: str
    ppid: int
    ticks: int
    threads: int
    start_ticks: int
    resident_bytes: int
    kernel: bool = False


def parse_stat(content: bytes) -> Process:
    """Return what /proc/PID/stat says; the name may hold spaces and parentheses. Source: proc_pid_stat(5)."""
    try:
        head, tail = content.rsplit(b") ", 1)
        pid, name = head.split(b" (", 1)
        fields = tail.split(b" ", 22)
        return Process(
            int(pid),
            name,
            chr(fields[0][0]),
            int(fields[1]),
            int(fields[11]) + int(fields[12]),
            int(fields[17]),
            int(fields[19]),
            int(fields[21]) * PAGE_BYTES,
            bool(int(fields[6]) & _KERNEL_THREAD),
        )
    except (ValueError, IndexError) as error:
        raise Malformed(f"/proc/PID/stat: is not as documented ({error})") from None


def walk(host: Host, users: dict[tuple[int, int], int]) -> Iterator[Process]:
    """Yield every process that is visible; those that end meanwhile or may not be read are left out.

    `users` holds user numbers by pid and start; who is not in it yet is added (not the kernel's threads), so that the
    system is asked once for each. Raises HostError when /proc itself cannot be listed.
    """
    folder = host.path("proc/")
    try:
        names = os.listdir(folder)
    except OSError as error:
        raise translate(error, "/proc") from None
    for name in names:
        if name[0] not in "123456789":
            continue
        try:
            descriptor = os.open(f"{folder}{name}/stat", _FLAGS)
        except OSError:
            continue
        try:
            one = parse_stat(os.read(descriptor, _STAT_BYTES_MAX))
            key = (one.pid, one.start_ticks)
            if key not in users and not one.kernel:
                users[key] = os.fstat(descriptor).st_uid
        except (OSError, Malformed):
            continue
        finally:
            os.close(descriptor)
        yield one


def command_words(host: Host, pid: int) -> list[str]:
    """Return the words of the process's command line, at most 4 kB of them; none when they cannot be read."""
    try:
        descriptor = os.open(host.path(f"proc/{pid}/cmdline"), _FLAGS)
        try:
            content = os.read(descriptor, _COMMAND_BYTES_MAX)
        finally:
            os.close(descriptor)
    except OSError:
        return []
    whole = content if len(content) < _COMMAND_BYTES_MAX else content.rpartition(b"\0")[0]
    return [decode(word) for word in whole.rstrip(b"\0").split(b"\0")] if whole else []


def socket_owners(host: Host, wanted: set[int]) -> dict[int, int]:
    """Return process ids by socket inode for as many of `wanted` as this user may see."""
    found: dict[int, int] = {}
    marks = {f"socket:[{inode}]": inode for inode in wanted}
    try:
        pids = [name for name in os.listdir(host.path("proc")) if name.isdigit()]
    except OSError:
        return {}
    for pid in pids:
        if len(found) == len(marks):
            break
        for link in _links(host.path(f"proc/{pid}/fd/")):
            if link in marks:
                found.setdefault(marks[link], int(pid))
    return found


def _links(folder: str) -> Iterator[str]:
    """Yield where the links in the folder point; nothing when the process has ended or belongs to somebody else."""
    try:
        for name in os.listdir(folder):
            try:
                yield os.readlink(folder + name)
            except FileNotFoundError:  # closed meanwhile
                continue
    except OSError:
        return


def process_name(host: Host, pid: int) -> str:
    """Return the name of a process, empty when it has ended."""
    return host.optional(f"proc/{pid}/comm")
