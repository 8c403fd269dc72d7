"""What this kernel, and the place the tests run in, can do: said once, so that nothing fails for want of it."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

PREPARE = """
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
mount -t proc proc /mnt/root/proc
mount -t cgroup2 cgroup2 /mnt/upper
"""
NETWORK = """
set -eu
mount -t tmpfs tmpfs /run
ip link add name switch type bridge
ip link add name one type veth peer name other
ip link set one master switch
ip netns add machine
ip link set other netns machine
ip netns exec machine true
"""
OWN = ("--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--net", "--cgroup")


@functools.cache
def no_containers() -> str:
    """Return why nothing like a container can be started here: no control groups, no namespaces; empty when it can."""
    if os.geteuid() != 0:
        return "only root can"
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    kinds = {kind: Path(place) for _, place, kind, *_ in mounts}
    if "cgroup2" not in kinds:
        return "no control groups of version 2 are mounted"
    branch = kinds["cgroup2"] / f"wakeful-tests-{os.getpid()}"
    try:
        branch.mkdir()
        branch.rmdir()
        done = subprocess.run(
            ["unshare", *OWN, "sh", "-c", PREPARE], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return done.stderr.strip().splitlines()[-1] if done.returncode and done.stderr.strip() else ""


@functools.cache
def no_networks() -> str:
    """Return why no networks of machines can be made here: no right to, no bridges; empty when they can."""
    if os.geteuid() != 0:
        return "only root can"
    try:
        done = subprocess.run(
            ["unshare", "--net", "--mount", "sh", "-c", NETWORK],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return done.stderr.strip().splitlines()[-1] if done.returncode and done.stderr.strip() else ""
