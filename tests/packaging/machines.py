"""Machines to install on: this one's root under an overlay that is forgotten, with processes and a network of its own.

systemd runs in one of them as process 1, OpenRC in another, and in a third nothing does.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..real.booting import SYSTEMD, Inside, gone, own_cgroup
from ..real.conftest import await_true

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
OWN = ("--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--net", "--cgroup")
PREPARE = """
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
cd "$1/root"
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777,{tmp} tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs var/lib
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do : >"dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
ln -s /proc/self/fd dev/fd
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
rm -rf etc/wakeful etc/systemd/system opt
mkdir -p etc/systemd/system run/units run/source run/upper run/lower opt
mount --bind "$1/upper" run/upper
mount --bind / run/lower
mount --bind "$2" run/source
ip link set lo up
{more}
pivot_root . mnt
umount -l /mnt
: >/run/source/prepared
{last}
"""
CGROUPS = """
mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
umount sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
for name in sysinit basic shutdown network multi-user timers network-online; do
    printf '[Unit]\\nDefaultDependencies=no\\n' >"run/units/$name.target"
done
"""
BOOT = f"""
exec env -i container=wakeful PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/units \\
    {SYSTEMD} --system --unit=multi-user.target --log-target=kmsg </dev/null >/dev/null 2>&1
"""
OPENRC = """
rm -rf etc/init.d etc/conf.d etc/runlevels
mkdir -p etc/init.d etc/conf.d etc/runlevels/default
for name in daemons exclusive failed hotplugged inactive options scheduled started starting stopping tmp wasinactive; do
    mkdir -p "run/openrc/$name"
done
echo default >run/openrc/softlevel
"""
WAIT = "while :; do sleep 0.2; done # and so those are buried whose parent has gone"


DIFFERENCES = r"""
cd /run/upper
find . -not -name '*-' -not -name .pwd.lock | sort | while IFS= read -r path; do
    like="/run/lower/$path"
    if [ -e "$like" ] && [ "$(stat -c '%F %a %u:%g' "$path")" = "$(stat -c '%F %a %u:%g' "$like")" ]; then
        if [ -d "$path" ] || cmp -s "$path" "$like"; then continue; fi
    fi
    stat -c '%N %F %a %u:%g' "$path"
    [ ! -f "$path" ] || md5sum "$path"
done
find /var/lib -mindepth 1 -not -path '/var/lib/systemd*' -not -path '/var/lib/sudo*' -printf '%p %y %m %U:%G\n' | sort
"""


@contextlib.contextmanager
def machine(source: Path, kind: str = "none", tmp: str = "exec", more: str = "") -> Iterator[Inside]:
    """Start a machine of this kind (systemd, openrc, none) and give what runs commands in it.

    `source` is its /run/source; `tmp` are options of its /tmp; `more` is run before its root is changed.
    """
    branch = own_cgroup(f"wakeful-{os.getpid()}-{time.monotonic_ns()}")
    stage = source / "stage"
    stage.mkdir(exist_ok=True)
    (source / "prepared").unlink(missing_ok=True)
    before, last = {"systemd": (CGROUPS, BOOT), "openrc": (OPENRC, WAIT), "none": ("", WAIT)}[kind]
    text = PREPARE.format(tmp=tmp, more=before + more, last=last)
    enter = f'echo $$ >"{branch}/cgroup.procs"; exec unshare "$@"'
    command = ["sh", "-c", enter, "sh", *OWN, "sh", "-c", text, "sh", str(stage), str(source)]
    try:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as outer:
            try:
                await_true((source / "prepared").exists, "the namespaces")
                inner = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()[0]
                run = Inside(inner)
                if kind == "systemd":
                    await_true(lambda: run("systemctl", "is-active", "multi-user.target").returncode == 0, "systemd")
                yield run
            finally:
                outer.kill()
    finally:
        for folder, _, _ in os.walk(branch, topdown=False):
            await_true(lambda folder=folder: gone(folder), "its control groups")


@contextlib.contextmanager
def collector(inside: Inside, data: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Serve a collector of this checkout in the machine's network, at 127.0.0.1:8800."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
    environ |= {"WAKEFUL_DATA": str(data), **settings}
    argv = inside.networked(sys.executable, "-m", "wakeful_collector", "serve", "--quiet")
    with subprocess.Popen(argv, env=environ) as process:
        try:
            ask = ("curl", "-fsSko", "/dev/null", "http://127.0.0.1:8800/healthz")
            await_true(lambda: inside(*ask).returncode == 0, "the collector")
            yield process
        finally:
            process.terminate()
            process.wait(30)


def manage(data: Path, *words: str) -> str:
    """Run a command of the collector's shell for this data folder; return what it prints."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
    command = [sys.executable, "-m", "wakeful_collector", *words, "--data", str(data)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=60).stdout


def tree(inside: Inside) -> list[str]:
    """Return every file by which the machine differs from this one, with owner, mode, target and content.

    Not counted are copies that tools for users keep of /etc/passwd and its like, and systemd's and sudo's own notes.
    """
    done = inside("sh", "-c", DIFFERENCES)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
