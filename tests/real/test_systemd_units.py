"""systemd itself runs the units with their whole fence, as process 1 of namespaces of its own.

Its root is an overlay whose upper half is in memory, it knows no units but ours and an empty target, it has no network
but its own loopback and a branch of the control groups: nothing it does reaches this machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import await_true, program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = [
    pytest.mark.real,
    pytest.mark.root,
    pytest.mark.containers,
    pytest.mark.skipif(os.getuid() != 0, reason="needs namespaces"),
]

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


@contextlib.contextmanager
def systemd(source: Path) -> Iterator[Run]:
    """Start systemd and give a function that runs a command beside it."""
    branch = own_cgroup(f"wakeful-{os.getpid()}-{time.monotonic_ns()}")
    stage = source / "stage"
    stage.mkdir()
    own = ("--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--net", "--cgroup")
    enter = f'echo $$ >"{branch}/cgroup.procs"; exec unshare "$@"'
    command = ["sh", "-c", enter, "sh", *own, "sh", "-c", PREPARE, "sh", str(stage), str(source)]
    try:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as outer:
            try:
                await_true((source / "prepared").exists, "the namespaces", 15)
                inner = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()[0]

                def run(*words: str) -> subprocess.CompletedProcess[str]:
                    beside = ["nsenter", "--target", inner, "--mount", "--pid", "--net", "--root", "--wd=/", *words]
                    given = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
                    return subprocess.run(beside, env=given, capture_output=True, text=True, check=False, timeout=60)

                await_true(lambda: run("systemctl", "is-active", "wakeful-test.target").returncode == 0, "systemd", 20)
                yield run
            finally:
                outer.kill()
    finally:
        for folder, _, _ in os.walk(branch, topdown=False):
            await_true(lambda folder=folder: gone(folder), "its control groups", 10)


def gone(folder: str) -> bool:
    os.rmdir(folder)
    return True


@pytest.fixture
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an enrolled agent that everybody may start, and the units."""
    folder = tmp_path_factory.mktemp("systemd")
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


def shown(run: Run, *properties: str) -> dict[str, str]:
    done = run("systemctl", "show", "wakeful-agent", *(f"--property={name}" for name in properties))
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


BEHIND_THE_FENCE = {"systemd", "fail2ban"}
"""What this little system does not show whoever is not root: it has no message bus, and without the drop-in no sudo."""


def test_the_agent_measures_all_it_may_behind_its_fence(source: Path) -> None:
    with systemd(source) as run:
        started = run("systemctl", "start", "wakeful-agent")
        assert started.returncode == 0, (started.stderr, run("systemctl", "status", "wakeful-agent").stdout)
        told = shown(run, "MainPID", "StatusText", "ActiveState", "WatchdogUSec")
        assert told["ActiveState"] == "active"
        assert told["StatusText"].startswith("Sampling every")
        assert told["WatchdogUSec"] == "2min"
        status = run("cat", f"/proc/{told['MainPID']}/status").stdout
        for line in (f"Uid:\t{WAKEFUL}\t{WAKEFUL}", "NoNewPrivs:\t1", "Seccomp:\t2", "CapBnd:\t0000000000000000"):
            assert line in status, status
        assert run("stat", "-c", "%U %a", "/etc/wakeful/TOKEN").stdout == "wakeful 600\n"
        assert run("stat", "-c", "%U %a", "/etc/wakeful").stdout == "root 750\n"

        log = run("cat", "/var/lib/wakeful-agent/log").stdout
        assert "wakeful-agent" in log
        ended_badly = re.findall(r"meter (\w+): (?:failed|timeout|refused).*", log)
        assert set(ended_badly) <= BEHIND_THE_FENCE, log

        reloaded = run("systemctl", "reload", "wakeful-agent")
        assert reloaded.returncode == 0, reloaded.stderr
        await_true(lambda: "RELOADS=1" in run("cat", "/var/lib/wakeful-agent/status").stdout, "its word")
        run("sh", "-c", "echo nonsense = 1 >/etc/wakeful/agent.toml")
        run("systemctl", "reload", "wakeful-agent")
        await_true(lambda: "agent.toml is wrong" in shown(run, "StatusText")["StatusText"], "what is wrong")
        run("rm", "/etc/wakeful/agent.toml")

        run("kill", "-KILL", told["MainPID"])
        await_true(lambda: shown(run, "NRestarts")["NRestarts"] == "1", "another start")
        await_true(lambda: shown(run, "ActiveState")["ActiveState"] == "active", "the agent")
        assert run("systemctl", "stop", "wakeful-agent").returncode == 0
        assert "stopping on SIGTERM" in run("cat", "/var/lib/wakeful-agent/log").stdout


def test_what_is_seen_behind_the_fence_is_what_is_seen_before_it(source: Path) -> None:
    look = "import json; from wakeful_agent import cli; cli.main(['once'])"
    once = source / "once"
    once.write_text((source / "wakeful-agent").read_text().replace('-m wakeful_agent "$@"', f'-c "{look}" >/tmp/push'))
    once.chmod(0o755)
    unit = source / "units" / "wakeful-agent.service"
    unit.write_text(unit.read_text().replace("Type=notify", "Type=oneshot").replace("Restart=always", "Restart=no"))
    unit.write_text(unit.read_text().replace("/run/source/wakeful-agent run", "/run/source/once"))
    with systemd(source) as run:
        started = run("systemctl", "start", "wakeful-agent")
        assert started.returncode == 0, (started.stderr, run("systemctl", "status", "wakeful-agent").stdout)
        fenced = json.loads(run("cat", "/tmp/push").stdout)
        become = [
            "setpriv",
            f"--reuid={WAKEFUL}",
            f"--regid={WAKEFUL}",
            "--clear-groups",
            "sh",
            "/run/source/wakeful-agent",
        ]
        free = json.loads(run("env", "CONFIG_DIR=/etc/wakeful", "STATE_DIR=/tmp/s", *become, "once").stdout)
    outcomes = [{name: meter["outcome"] for name, meter in push["meters"].items()} for push in (fenced, free)]
    assert outcomes[0] == outcomes[1]
    assert outcomes[0]["processes"] == outcomes[0]["network"] == outcomes[0]["filesystem"] == "ok"
    changing = {"process.cpu.utilization", "process.memory.usage", "agent.meter.duration"}
    seen = [{json.dumps(one) for one in push["series"] if one[0] not in changing} for push in (fenced, free)]
    assert seen[0] == seen[1], seen[0] ^ seen[1]
    # NoNewPrivileges makes every mount look as if it had been made with nosuid; all else is as it is.
    mounts = [json.dumps(push["inventories"]["filesystems"]["body"]).replace("nosuid,", "") for push in (fenced, free)]
    assert mounts[0] == mounts[1]


def test_with_its_drop_in_sudo_may_work(source: Path) -> None:
    shutil.copy(ROOT / "systemd" / "drop-ins" / "sudo.conf", source / "units" / "wakeful-agent.service.d")
    with systemd(source) as run:
        assert run("systemctl", "start", "wakeful-agent").returncode == 0
        status = run("cat", f"/proc/{shown(run, 'MainPID')['MainPID']}/status").stdout
        full = Path("/proc/self/status").read_text().partition("CapBnd:\t")[2].split()[0]
        for line in ("NoNewPrivs:\t0", "Seccomp:\t0", f"CapBnd:\t{full}", "CapEff:\t0000000000000000"):
            assert line in status, status
