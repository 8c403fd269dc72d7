"""Space and inodes of mounted filesystems."""

from __future__ import annotations

from functools import partial

from wakeful_agent.host.errors import Absent
from wakeful_agent.host.lane import Answer, Call, Lane
from wakeful_agent.host.parsing import parser
from wakeful_agent.host.text import label, unescape
from wakeful_agent.meter import Columns, Meter, NoData, Option, Reading
from wakeful_wire.record import NamedTuple
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any, Mapping

    from wakeful_agent.host.files import Host

LEFT_OUT = frozenset(
    {
        "overlay",
        "squashfs",
        "tmpfs",
        "devtmpfs",
        "cdfs",
        "iso9660",
        "udf",
        "nullfs",
        "aufs",
        "autofs",
        "binfmt_misc",
        "bpf",
        "cgroup",
        "cgroup2",
        "configfs",
        "debugfs",
        "devfs",
        "devpts",
        "dmg",
        "efivarfs",
        "erofs",
        "fuse.gvfsd-fuse",
        "fuse.lxcfs",
        "fuse.portal",
        "fusectl",
        "hugetlbfs",
        "mqueue",
        "none",
        "nsfs",
        "proc",
        "procfs",
        "pstore",
        "ramfs",
        "rootfs",
        "rpc_pipefs",
        "securityfs",
        "selinuxfs",
        "sysfs",
        "tracefs",
    }
)
"""Types that hold other filesystems' files, or no disk's."""

_REMOTE = ("nfs", "cifs", "smb", "fuse", "9p", "ceph", "gfs", "ocfs", "lustre", "afs", "beegfs", "virtiofs")
_MOUNT_BUDGET_SECONDS = 0.5
_TOTAL_SECONDS = 3.0
_OPTIONS_CHARACTERS_MAX = 512
_TELL_MS = 600_000


class Mount(NamedTuple):
    """One line of the mount table, its octal escapes undone; may hold surrogates (PEP 383)."""

    device: str
    mountpoint: str
    type: str
    options: str


@parser("proc/self/mounts")
def parse_mounts(text: str) -> list[Mount]:
    """Return all mounts in the order they were made. Source: proc_pid_mounts(5), fstab(5)."""
    mounts = []
    for line in text.split("\n"):
        if line:
            device, mountpoint, kind, options = line.split(" ")[:4]
            mounts.append(Mount(unescape(device), unescape(mountpoint), unescape(kind), unescape(options)))
    return mounts


def choose(mounts: list[Mount], left_out: frozenset[str] = LEFT_OUT) -> list[Mount]:
    """Return the mounts worth measuring: real types, one for each device and mount point, remote ones last.

    Of several mounts of one device (bind mounts, subvolumes) the one with the shortest path is taken; of several
    at one mount point the last, because it covers the others. What is left out by default has no device of its own
    (all tmpfs are called tmpfs), so of those that are wanted each mount point is one.
    """
    covering = {mount.mountpoint: mount for mount in mounts}
    by_device: dict[tuple[str, str], Mount] = {}
    for mount in covering.values():
        if mount.type in left_out:
            continue
        key = (mount.device, mount.mountpoint if mount.type in LEFT_OUT else "")
        known = by_device.get(key)
        if known is None or len(mount.mountpoint) < len(known.mountpoint):
            by_device[key] = mount
    return sorted(by_device.values(), key=lambda mount: (mount.type.startswith(_REMOTE), mount.mountpoint))


def values(space: os.statvfs_result) -> list[float | None]:
    """Return limit, used, free, reserved, utilization, and limit, used, free of inodes (None where there are none).

    `free` is what users may still fill; `reserved` is what only root may.
    """
    block = space.f_frsize or space.f_bsize
    used = max(0, space.f_blocks - space.f_bfree)
    for_users = used + space.f_bavail
    sizes: list[float | None] = [
        space.f_blocks * block,
        used * block,
        space.f_bavail * block,
        max(0, space.f_bfree - space.f_bavail) * block,
        round(used / for_users, 4) if for_users else None,
    ]
    if not space.f_files:
        return [*sizes, None, None, None]
    return [*sizes, space.f_files, max(0, space.f_files - space.f_ffree), space.f_ffree]


def _make(mount: Mount) -> list[Series]:
    labels = {
        "mountpoint": label(mount.mountpoint),
        "device": label(mount.device),
        "type": label(mount.type),
    }
    name = "system.filesystem"
    sizes = [series(f"{name}.usage", state=state, **labels) for state in ("used", "free", "reserved")]
    inodes = [series(f"{name}.inodes.usage", state=state, **labels) for state in ("used", "free")]
    whole = [series(f"{name}.limit", **labels), *sizes, series(f"{name}.utilization", **labels)]
    return [*whole, series(f"{name}.inodes.limit", **labels), *inodes]


class FilesystemMeter(Meter):
    """How full each filesystem is. Every mount is asked in its own time: a dead network mount costs only itself.

    The inventory `filesystems` comes when something in it changed, and every ten minutes for a collector without it.
    """

    name = "filesystem"
    source = "proc/self/mounts"
    interval_seconds = 15.0
    budget_seconds = 5.0
    options = (
        Option("left_out", [], "Filesystem types to leave out besides those that hold no files of their own"),
        Option("included", [], "Filesystem types to measure although they are left out by default (tmpfs, overlay)"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._lane = Lane()
        self._mounts: list[Mount] = []
        self._told: dict[Mount, str] = {}
        self._told_ms: int | None = None
        self._document: list[dict[str, str]] = []

    def configure(self, options: Mapping[str, Any]) -> None:
        """Take the options, and choose the mounts anew at the next reading."""
        super().configure(options)
        self._text = ""

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return space and inodes of each mount; None for one that did not answer in time."""
        self._look(host)
        if not self._mounts:
            raise NoData("no filesystem of a type that is measured is mounted here")
        calls = [
            Call(mount.mountpoint, partial(host.statvfs, mount.mountpoint), _MOUNT_BUDGET_SECONDS)
            for mount in self._mounts
        ]
        answers = self._lane.run(calls, _TOTAL_SECONDS)
        states: dict[Mount, str] = {}
        found: list[float | None] = []
        for mount in self._mounts:
            answer = answers[mount.mountpoint]
            if not isinstance(answer.error, Absent) and not _is_empty(answer):
                states[mount] = _state(answer)
                found += [None] * 8 if answer.value is None else values(answer.value)
        columns = self._columns.of(list(states))
        if states != self._told:
            self._told, self._document = states, _document(states)
        elif self._told_ms is not None and 0 <= now_ms - self._told_ms < _TELL_MS:
            return Reading(columns, found)
        self._told_ms = now_ms
        return Reading(columns, found, {"filesystems": self._document})

    def _look(self, host: Host) -> None:
        text = host.kept_raw(self.source).decode("utf-8", "surrogateescape")
        if text == self._text and self._mounts:
            return
        left_out = (LEFT_OUT | set(self.chosen["left_out"])) - set(self.chosen["included"])
        self._mounts = choose(parse_mounts(text), frozenset(left_out))
        self._text = text


def _state(answer: Answer) -> str:
    if answer.error is not None:
        return label(str(answer.error))
    return "does not answer" if answer.late else "ok"


def _is_empty(answer: Answer) -> bool:
    return answer.value is not None and not answer.value.f_blocks


def _document(states: dict[Mount, str]) -> list[dict[str, str]]:
    return [
        {
            "mountpoint": label(mount.mountpoint),
            "device": label(mount.device),
            "type": label(mount.type),
            "options": label(mount.options, _OPTIONS_CHARACTERS_MAX),
            "state": state,
        }
        for mount, state in states.items()
    ]
