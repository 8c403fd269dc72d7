"""systemd itself as process 1 of namespaces of its own: nothing it does reaches this machine.

Its root is an overlay whose upper half is in memory, it knows no units but ours and an empty target, it has no network
but its own loopback and a branch of the control groups.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .conftest import await_true, program

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SYSTEMD = "/lib/systemd/systemd"
WAKEFUL = 64123
IDENTITY = {"agent_id": "systemdunits", "url": "http://127.0.0.1:9", "fingerprint": None, "enrolled_ms": 0}
PREPARE = f"""
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
cd "$1/root"
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs var/lib
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do : >"dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
umount sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
mkdir run/units run/source
mount --bind "$2" run/source
cp -r run/source/units/. run/units
echo 'wakeful:x:{WAKEFUL}:{WAKEFUL}::/nonexistent:/usr/sbin/nologin' >>etc/passwd
echo 'wakeful:x:{WAKEFUL}:' >>etc/group
echo 'wakeful:!:19000::::::' >>etc/shadow
cp run/source/wakeful-agent.tmpfiles.conf usr/lib/tmpfiles.d/wakeful-agent.conf
rm -rf etc/wakeful && cp -r run/source/config etc/wakeful
pivot_root . mnt
umount -l /mnt
: >/run/source/prepared
exec env -i container=wakeful PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_UNIT_PATH=/run/units \
    {SYSTEMD} --system --unit=wakeful-test.target --log-target=kmsg </dev/null >/dev/null 2>&1
"""


def own_cgroup(name: str) -> Path:
    """Make a branch of the control groups of version 2, wherever they are mounted."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    place = next(Path(fields[1]) for fields in mounts if fields[2] == "cgroup2")
    branch = place / name
    branch.mkdir()
    return branch


class Inside:
    """Runs commands beside the systemd whose process 1 is, for this machine, `pid`."""

    def __init__(self, pid: str) -> None:
        self.pid = pid

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        beside = ["nsenter", "--target", self.pid, "--mount", "--pid", "--net", "--root", "--wd=/", *words]
        given = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
        return subprocess.run(beside, env=given, capture_output=True, text=True, check=False, timeout=60)

    def beside(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this machine in the network of that one."""
        return subprocess.run(self.networked(*words), capture_output=True, text=True, check=False, timeout=100)

    def networked(self, *words: str) -> list[str]:
        """Return the command that runs a program of this machine, with its files, in the network of that one."""
        return ["nsenter", "--target", self.pid, "--net", *words]


@contextlib.contextmanager
def systemd(source: Path) -> Iterator[Inside]:
    """Start systemd and give what runs commands beside it."""
    branch = own_cgroup(f"wakeful-{os.getpid()}-{time.monotonic_ns()}")
    stage = source / "stage"
    stage.mkdir()
    own = ("--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--net", "--cgroup")
    enter = f'echo $$ >"{branch}/cgroup.procs"; exec unshare "$@"'
    command = ["sh", "-c", enter, "sh", *own, "sh", "-c", PREPARE, "sh", str(stage), str(source)]
    try:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as outer:
            try:
                await_true((source / "prepared").exists, "the namespaces")
                inner = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()[0]

                run = Inside(inner)
                await_true(lambda: run("systemctl", "is-active", "wakeful-test.target").returncode == 0, "systemd")
                yield run
            finally:
                outer.kill()
    finally:
        for folder, _, _ in os.walk(branch, topdown=False):
            await_true(lambda folder=folder: gone(folder), "its control groups")


def gone(folder: str) -> bool:
    os.rmdir(folder)
    return True


def furnish(folder: Path) -> Path:
    """Put an enrolled agent that everybody may start, and the units, into a folder; return it."""
    for path in (folder, folder.parent, folder.parent.parent):
        path.chmod(0o755)
    program(SYSTEMD)
    shutil.copytree(ROOT / "agent" / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    # The tests' own interpreter may lie where only root can look.
    python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else os.path.realpath(sys.executable)
    agent = folder / "wakeful-agent"
    agent.write_text(f'#!/bin/sh\nPYTHONPATH=/run/source/src exec {python} -B -m wakeful_agent "$@"\n')
    agent.chmod(0o755)
    (folder / "config").mkdir(mode=0o700)
    (folder / "config" / "identity.json").write_text(json.dumps(IDENTITY))
    (folder / "config" / "TOKEN").write_text("wk_agt_x\n")
    (folder / "config" / "TOKEN").chmod(0o600)
    shutil.copy(ROOT / "systemd" / "wakeful-agent.tmpfiles.conf", folder)
    units = folder / "units"
    units.mkdir()
    (units / "wakeful-test.target").write_text("[Unit]\nDescription=Nothing but this\nDefaultDependencies=no\n")
    for name in ("sysinit", "basic", "shutdown", "network", "multi-user"):
        (units / f"{name}.target").write_text("[Unit]\nDefaultDependencies=no\n")
    unit = (ROOT / "systemd" / "wakeful-agent.service").read_text("ascii")
    (units / "wakeful-agent.service").write_text(unit.replace("/usr/bin/wakeful-agent", "/run/source/wakeful-agent"))
    drop_in = units / "wakeful-agent.service.d"
    drop_in.mkdir()
    (drop_in / "log.conf").write_text("[Service]\nEnvironment=WAKEFUL_AGENT_LOG_FILE=/var/lib/wakeful-agent/log\n")
    return folder
