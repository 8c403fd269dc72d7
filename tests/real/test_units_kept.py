"""Units of a real systemd are kept alive by the agent as it ships: its own user, its fence, sudo, a message bus.

A collector listens in the network of that systemd: what is asked and told goes the way it goes for people.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .booting import ROOT, WAKEFUL, furnish, systemd
from .conftest import Collector, await_true, program, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .booting import Inside

pytestmark = [
    pytest.mark.real,
    pytest.mark.root,
    pytest.mark.containers,
    pytest.mark.skipif(os.getuid() != 0, reason="needs namespaces"),
]

AGENT = "wakeful-agent.service"
SIMPLE = "[Unit]\nDescription={name}\n[Service]\nExecStart={command}\n{more}"
FOR_EVER = "/bin/sleep infinity"
UNITS = {
    "shop": (FOR_EVER, ""),
    "desk": (FOR_EVER, ""),
    "page": (FOR_EVER, ""),
    "java": (r"""/bin/sh -c 'trap "exit 143" TERM; sleep infinity & wait'""", "KillMode=mixed"),
    "loop": ("/bin/false", "StartLimitIntervalSec=0"),
    "again": ("/bin/false", "Restart=always\nRestartSec=500ms\n[Unit]\nStartLimitIntervalSec=0"),
    "limit": ("/bin/false", "Restart=always\nRestartSec=100ms"),
}
RULES = """\
interval_seconds = 1
[policy]
allow = ["restart_unit", "update-agent", "watch.repair"]
[policy.restart_unit]
units = ["shop.service", "wakeful-agent.service"]

[[action]]
name = "restart"
argv = ["/usr/bin/systemctl", "restart", "{unit}"]
as_root = true
[action.parameters.unit]
kind = "choice"
choices = ["desk.service"]

[[action]]
name = "update-agent"
argv = ["/usr/bin/systemctl", "restart", "wakeful-agent.service"]
as_root = true
ends_agent = true
"""
WATCH = """
[[watch]]
name = "{name}"
kind = "unit"
unit = "{name}.service"
interval_seconds = 1
attempts = 2
debounce_seconds = 1
backoff_seconds = 1
verify_seconds = 5
steady_seconds = 2
"""
BY_ACTION = """\
action = "restart"
[watch.arguments]
unit = "desk.service"
"""
ASK = """\
import json, sys, urllib.error, urllib.request
url, key, body = sys.argv[1:]
headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
try:
    answer = urllib.request.urlopen(urllib.request.Request(url, body.encode() or None, headers), timeout=90)
except urllib.error.HTTPError as error:
    answer = error
print(answer.read().decode())
"""
STORY = ["watch.down", "recovery.attempted", "recovery.succeeded", "watch.up"]
GIVEN_UP = ["watch.down", *["recovery.attempted", "recovery.failed"] * 2, "recovery.given_up"]


class Machine:
    """A booted machine with an agent, and what its collector was told."""

    def __init__(self, run: Inside, collector: Collector) -> None:
        self.run = run
        self.collector = collector
        made = collector.shell("key", "create", "--name", "test", "--scope", "operate", "--json")
        self.key = str(json.loads(made)["key"])
        self.host = ""

    def ask(self, path: str, body: Any = None) -> Any:
        words = [f"{self.collector.url}/api/v1{path}", self.key, "" if body is None else json.dumps(body)]
        done = self.run.beside(sys.executable, "-c", ASK, *words)
        return json.loads(done.stdout) if done.stdout else {}

    def command(self, action: str, **arguments: str) -> Any:
        body = {"host": self.host, "action": action, "arguments": arguments}
        answer = self.ask("/operations/host.command?wait=50", body)
        assert "command" in answer, (answer, self.log())
        return answer["command"]

    def story(self, name: str, since: int = 0) -> list[str]:
        """Return the kinds of a watch's events, the oldest first, in the order of its recovery."""
        told = [one for one in self.ask("/events?limit=500").get("events", []) if one["subject"] == name]
        told.reverse()  # the newest comes first, and many of one millisecond
        told.sort(key=lambda one: str(one["at"]))
        return [one["kind"] for one in told][since:]

    def watch(self, name: str) -> dict[str, Any]:
        done = self.run("env", "CONFIG_DIR=/etc/wakeful", "/run/source/wakeful-agent", "watches", "list", "--json")
        assert done.returncode == 0, done.stderr
        return next(one for one in json.loads(done.stdout)["watches"] if one["name"] == name)

    def main_pid(self, name: str) -> str:
        return self.run("systemctl", "show", "--value", "--property=MainPID", name).stdout.strip()

    def stands(self, name: str, state: str, phase: str = "") -> Any:
        def so() -> bool:
            found = self.watch(name)
            return found["state"] == state and found["phase"] in (phase, phase or found["phase"])

        return await_true(so, f"{name} {state} {phase}: {self.watch(name)} {self.log()}", 40)

    def log(self) -> str:
        return self.run("tail", "-n", "30", "/var/lib/wakeful-agent/log").stdout


def put_units(folder: Path) -> None:
    units = folder / "units"
    for name, (command, more) in UNITS.items():
        (units / f"{name}.service").write_text(SIMPLE.format(name=name, command=command, more=more))
    for name in ("dbus.service", "dbus.socket"):
        shutil.copy(Path("/lib/systemd/system") / name, units)
    shutil.copy(ROOT / "systemd" / "drop-ins" / "sudo.conf", units / f"{AGENT}.d")
    for name in ("identity.json", "TOKEN"):
        (folder / "config" / name).unlink()
    watches = [WATCH.format(name=name) + (BY_ACTION if name == "desk" else "") for name in UNITS]
    (folder / "config" / "agent.toml").write_text(RULES + "".join(watches))


def enrol(run: Inside, collector: Collector) -> None:
    invite = json.loads(collector.shell("invite", "--json"))["invite"]
    done = run(
        "env", "CONFIG_DIR=/etc/wakeful", "/run/source/wakeful-agent", "enroll", collector.url, "--invite", invite
    )
    assert done.returncode == 0, done.stderr


def permit(run: Inside) -> None:
    """Give the agent's user exactly the lines of sudoers that `doctor` prints."""
    become = ("setpriv", f"--reuid={WAKEFUL}", f"--regid={WAKEFUL}", "--clear-groups", "env", "CONFIG_DIR=/etc/wakeful")
    run("chgrp", "-R", "wakeful", "/etc/wakeful")
    run("chmod", "-R", "g+rX", "/etc/wakeful")
    told = run(*become, "STATE_DIR=/tmp/doctor", "sh", "/run/source/wakeful-agent", "doctor", "--json")
    text = json.loads(told.stdout)["grants"]["sudoers"]["text"]
    assert "systemctl restart shop.service" in text
    assert run("sh", "-c", 'printf %s "$1" >/etc/sudoers.d/wakeful-agent', "sh", text).returncode == 0
    assert run("chmod", "440", "/etc/sudoers.d/wakeful-agent").returncode == 0
    assert run("visudo", "-c").returncode == 0


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    program("dbus-daemon")
    folder = furnish(tmp_path_factory.mktemp("kept"))
    put_units(folder)
    with contextlib.ExitStack() as stack:
        run = stack.enter_context(systemd(folder))
        assert run("systemctl", "start", "dbus.service").returncode == 0
        collector = Collector(tmp_path_factory.mktemp("collector"), 8765, {})
        serve = run.networked(sys.executable, "-m", "wakeful_collector", "serve")
        stack.enter_context(running(serve, collector.environment, collector.folder / "log"))
        made = Machine(run, collector)
        await_true(lambda: made.ask("/hosts"), "the collector")
        enrol(run, collector)
        permit(run)
        for name in ("shop", "desk", "page", "java"):
            assert run("systemctl", "start", name).returncode == 0
        started = run("systemctl", "start", AGENT)
        assert started.returncode == 0, started.stderr
        made.host = await_true(lambda: _announced(made), "what may be asked")
        yield made


def _announced(made: Machine) -> str:
    for host in made.ask("/hosts").get("hosts", []):
        if made.ask(f"/hosts/{host['id']}").get("hello", {}).get("actions"):
            return str(host["id"])
    return ""


@pytest.mark.parametrize("name", ["shop", "desk"])
def test_a_unit_that_dies_is_restarted_and_stays_up(machine: Machine, name: str) -> None:
    machine.stands(name, "up", "watching")
    before = machine.main_pid(name)
    assert machine.run("kill", "-KILL", before).returncode == 0
    await_true(lambda: machine.story(name) == STORY, f"its story: {machine.story(name)} {machine.log()}")
    assert machine.main_pid(name) not in (before, "0")
    assert machine.watch(name)["attempts"] == 1
    assert machine.run("systemctl", "is-active", name).stdout == "active\n"


@pytest.mark.parametrize("name", ["page", "java"])
def test_a_persons_stop_is_respected_and_a_fall_after_it_is_not(machine: Machine, name: str) -> None:
    machine.stands(name, "up", "watching")
    assert machine.run("systemctl", "stop", name).returncode == 0
    machine.stands(name, "stopped")
    time.sleep(5)  # several looks, and every wait of the watch
    assert machine.run("systemctl", "is-active", name).stdout in ("inactive\n", "failed\n")
    assert "recovery.attempted" not in machine.story(name)
    since = len(machine.story(name))
    assert machine.run("systemctl", "start", name).returncode == 0
    machine.stands(name, "up", "watching")
    assert machine.run("kill", "-KILL", machine.main_pid(name)).returncode == 0
    await_true(lambda: machine.story(name, since)[-4:] == STORY, f"its story: {machine.story(name)} {machine.log()}")


@pytest.mark.parametrize("name", ["loop", "again", "limit"])
def test_what_fails_over_and_over_is_given_up_once(machine: Machine, name: str) -> None:
    machine.stands(name, "down", "given_up")
    await_true(lambda: "recovery.given_up" in machine.story(name), "the call")
    time.sleep(5)
    # Whether a unit that systemd begins again each half second is seen to flap as well depends on when it is looked at.
    assert [one for one in machine.story(name) if one != "recovery.flapping"] == GIVEN_UP
    assert machine.watch(name)["attempts"] == 2


def test_people_restart_a_unit_that_the_file_names(machine: Machine) -> None:
    machine.stands("shop", "up", "watching")
    before, since = machine.main_pid("shop"), len(machine.story("shop"))
    ended = machine.command("restart_unit", unit="shop.service")
    assert (ended["state"], machine.main_pid("shop") != before) == ("done", True), ended
    machine.stands("shop", "up", "watching")
    assert machine.story("shop", since) == []


@pytest.mark.parametrize(
    ("action", "arguments"), [("restart_unit", {"unit": AGENT}), ("update-agent", {})], ids=["unit", "action"]
)
def test_the_agent_restarts_itself_and_says_that_it_did(machine: Machine, action: str, arguments: Any) -> None:
    before = machine.main_pid(AGENT)
    ended = machine.command(action, **arguments)
    assert ended["state"] == "done", (ended, machine.log())
    assert "has begun again" in ended["data"]["summary"]
    assert machine.main_pid(AGENT) not in (before, "0")
    assert machine.watch("loop")["phase"] == "given_up", "what was tried is known after it"


def test_people_see_how_the_watches_stand(machine: Machine) -> None:
    done = machine.run("env", "CONFIG_DIR=/etc/wakeful", "/run/source/wakeful-agent", "watches")
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert set(lines) == {"NAME", *UNITS}, done.stdout + done.stderr
    assert "given_up" in lines["loop"]
    assert "it failed: exit-code" in lines["loop"]
