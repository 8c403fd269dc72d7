"""OpenRC itself runs the init scripts, in a mount and process namespace of its own, as somebody without rights."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import await_true, free_port, program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = [pytest.mark.real, pytest.mark.root, pytest.mark.skipif(os.getuid() != 0, reason="needs namespaces")]

ROOT = Path(__file__).parents[2]
WAKEFUL = 64123
PREPARE = """
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/upper /run/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work overlay /etc
mkdir -p /etc/conf.d /etc/runlevels
echo 'wakeful:x:64123:64123::/nonexistent:/usr/sbin/nologin' >>/etc/passwd
echo 'wakeful:x:64123:' >>/etc/group
echo 'wakeful:!:19000::::::' >>/etc/shadow
for name in init.d conf.d runlevels; do mount --bind "$1/$name" "/etc/$name"; done
for name in daemons exclusive failed hotplugged inactive options scheduled started starting stopping tmp wasinactive; do
    mkdir -p "/run/openrc/$name"
done
: >/run/openrc/softlevel
: >"$1/prepared"
while :; do sleep 0.2; done # and so those are buried whose parent has gone
"""


@contextlib.contextmanager
def namespace(folder: Path) -> Iterator[Run]:
    """Give a function that runs a command where OpenRC finds these scripts and no others."""
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", PREPARE, "sh"]
    with subprocess.Popen([*command, str(folder)], stdout=subprocess.DEVNULL) as outer:
        try:
            await_true((folder / "prepared").exists, "the namespace")
            inner = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()[0]

            def run(*words: str) -> subprocess.CompletedProcess[str]:
                enter = ["nsenter", "--target", inner, "--mount", "--pid", *words]
                return subprocess.run(enter, capture_output=True, text=True, check=False, timeout=100)

            yield run
        finally:
            outer.kill()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder with OpenRC's own folders in it, which everybody may look into."""
    program("openrc-run")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        shutil.copytree(ROOT / "openrc" / "init.d", path / "init.d")
        shutil.copytree(ROOT / "openrc" / "conf.d", path / "conf.d")
        (path / "runlevels" / "default").mkdir(parents=True)
        yield path


def runs(run: Run, service: str) -> bool:
    status = run("rc-service", service, "status")
    assert status.returncode in {0, 3, 32}, status
    return status.returncode == 0


def ready_anew(status: Path, number: str) -> bool:
    """Tell whether another process than that one says that it is ready."""
    told = status.read_text().splitlines()
    return "READY=1" in told and f"MAINPID={number}" not in told


def test_the_agent_lives_under_openrc(folder: Path) -> None:
    shutil.copytree(ROOT / "agent" / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    # The tests' own interpreter may lie where only root can look.
    python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else os.path.realpath(sys.executable)
    agent = folder / "wakeful-agent"
    agent.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}/src" exec {python} -B -m wakeful_agent "$@"\n')
    agent.chmod(0o755)
    with (folder / "conf.d" / "wakeful-agent").open("a") as settings:
        settings.write(
            f'command="{agent}"\nconfig_dir="{folder}/config"\n'
            f'state_dir="{folder}/state"\nlog_dir="{folder}/log"\nrespawn_delay=1\n'
        )
    with namespace(folder) as run:
        refused = run("rc-service", "wakeful-agent", "start")
        assert refused.returncode != 0
        assert "is not enrolled" in refused.stdout + refused.stderr

        identity = {"agent_id": "openrcopenrc", "url": "http://127.0.0.1:9", "fingerprint": None, "enrolled_ms": 0}
        (folder / "config" / "identity.json").parent.mkdir(mode=0o700, exist_ok=True)
        (folder / "config" / "identity.json").write_text(json.dumps(identity))
        (folder / "config" / "TOKEN").write_text("wk_agt_x\n")
        (folder / "config" / "TOKEN").chmod(0o600)

        started = run("rc-service", "wakeful-agent", "start")
        assert started.returncode == 0, started.stdout + started.stderr
        assert runs(run, "wakeful-agent")
        number = (folder / "state" / "lock").read_text().strip()
        status = run("cat", f"/proc/{number}/status").stdout
        assert f"Uid:\t{WAKEFUL}\t{WAKEFUL}" in status
        assert "NoNewPrivs:\t1" in status
        environ = run("cat", f"/proc/{number}/environ").stdout.split("\0")
        assert "RC_SVCNAME=wakeful-agent" in environ, "by it the agent knows a command that restarts itself"
        assert (folder / "config").stat().st_uid == 0
        assert (folder / "config" / "TOKEN").stat().st_uid == WAKEFUL
        log = folder / "log" / "agent.log"
        assert "wakeful-agent" in log.read_text()

        reloaded = run("rc-service", "wakeful-agent", "reload")
        assert reloaded.returncode == 0, reloaded.stdout + reloaded.stderr
        assert "agent.toml was read again and is in force" in log.read_text()
        (folder / "config" / "agent.toml").write_text("nonsense = 1\n")
        wrong = run("rc-service", "wakeful-agent", "reload")
        assert wrong.returncode != 0
        assert "agent.toml is wrong" in wrong.stdout + wrong.stderr
        (folder / "config" / "agent.toml").unlink()

        assert run("kill", "-KILL", number).returncode == 0
        await_true(lambda: ready_anew(folder / "state" / "status", number), "another one after a hard end")
        assert runs(run, "wakeful-agent")

        stopped = run("rc-service", "wakeful-agent", "stop")
        assert stopped.returncode == 0, stopped.stdout + stopped.stderr
        assert not runs(run, "wakeful-agent")
        assert not (folder / "state" / "status").exists()
        assert "stopping on SIGTERM" in log.read_text()


def test_the_collector_lives_under_openrc(folder: Path) -> None:
    collector = folder / "wakeful-collector"
    collector.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wakeful_collector "$@"\n')
    collector.chmod(0o755)
    port = free_port()
    (folder / "data").mkdir(mode=0o700)
    (folder / "data" / "serving.json").write_text('{"pid": 1, "address": "of one that was killed"}')
    with (folder / "conf.d" / "wakeful-collector").open("a") as settings:
        # As root: the tests' own environment may lie where nobody else can look.
        settings.write(
            f'command_user="root:root"\ncommand="{collector}"\ndata_dir="{folder}/data"\nlog_file="{folder}/log"\nready_seconds=80\n'
            f'export WAKEFUL_LISTEN="127.0.0.1:{port}"\n'
        )
    with namespace(folder) as run:
        started = run("rc-service", "wakeful-collector", "start")
        assert started.returncode == 0, started.stdout + started.stderr
        assert json.loads((folder / "data" / "serving.json").read_text())["address"] == f"127.0.0.1:{port}"
        assert runs(run, "wakeful-collector")
        time.sleep(0.5)
        reloaded = run("rc-service", "wakeful-collector", "reload")
        assert reloaded.returncode == 0, reloaded.stdout + reloaded.stderr
        await_true(lambda: "settings reloaded" in (folder / "log").read_text(), "its settings")
        assert run("rc-service", "wakeful-collector", "stop").returncode == 0
        assert not runs(run, "wakeful-collector")
        assert oct((folder / "data").stat().st_mode)[-3:] == "700"


SLEEPER = """#!/sbin/openrc-run
command=/bin/sleep
command_args=600
command_background=true
pidfile=/run/sleeper.pid
"""
RESTART = """
import sys
from wakeful_agent.actions.restart_service import RestartService
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
action = RestartService({"services": ["sleeper", "gone"]})
try:
    print(action.run(Host(), {"service": sys.argv[1]}, 0).summary)
except HostError as error:
    print(f"failed: {error}")
"""


def test_the_action_restarts_a_service_that_the_file_permits(folder: Path) -> None:
    script = folder / "init.d" / "sleeper"
    script.write_text(SLEEPER)
    script.chmod(0o755)
    with namespace(folder) as run:
        pids = []
        for _ in range(2):  # one that does not run is started, one that runs is restarted
            assert run(sys.executable, "-c", RESTART, "sleeper").stdout == "rc-service sleeper restart ended well\n"
            assert runs(run, "sleeper")
            pids.append(run("cat", "/run/sleeper.pid").stdout)
        assert pids[0] != pids[1]
        assert run(sys.executable, "-c", RESTART, "gone").stdout.startswith(
            "failed: rc-service gone restart ended with"
        )
        run("rc-service", "sleeper", "stop")


OWN = """#!/sbin/openrc-run
supervisor=supervise-daemon
command="{python}"
command_args="{folder}/own.py {folder}"
pidfile=/run/own.pid
export PYTHONPATH="{paths}"
"""
OWN_PROGRAM = """
import json, os, signal, sys, threading
from wakeful_agent.actions.restart_service import RestartService
from wakeful_agent.config.orders import Policy
from wakeful_agent.daemon.ordering import Orders
from wakeful_agent.host.files import Host
from wakeful_agent.host.log import Log
from wakeful_wire.answer import Command
folder = sys.argv[1]
woken = threading.Event()
orders = Orders(folder + "/commands.json", Host(), woken.set, Log(), lambda: 1000)
orders.configure(Policy(("restart_service",)), {"restart_service": RestartService({"services": ["own"]})})
orders.restore()
signal.signal(signal.SIGTERM, lambda *_: woken.set())
if not os.path.exists(folder + "/commands.json"):
    orders.take([Command("c1", "restart_service", {"service": "own"}, 60000)])
else:
    with open(folder + "/told", "w") as file:
        json.dump([os.getpid(), orders.news()[0]], file)
woken.wait()
orders.close()
"""


def test_the_service_that_asks_is_restarted_too_and_says_so(folder: Path) -> None:
    script = folder / "init.d" / "own"
    paths = str(ROOT / "agent" / "src")
    script.write_text(OWN.format(python=sys.executable, folder=folder, paths=paths))
    script.chmod(0o755)
    (folder / "own.py").write_text(OWN_PROGRAM)
    with namespace(folder) as run:
        assert run("rc-service", "own", "start").returncode == 0
        told = await_true(lambda: (folder / "told").exists() and (folder / "told").read_text(), "its next start")
        [number, [result]] = json.loads(told)
        assert (result["command"], result["state"]) == ("c1", "done")
        assert run("cat", f"/proc/{number}/cmdline").returncode == 0
        await_true(lambda: runs(run, "own"), "that it runs")
        run("rc-service", "own", "stop")
