"""`wakeful-agent update` under systemd: only where the file lets it, and back again, also when nobody sees to it."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from ..real.conftest import await_true
from . import bundles
from .machines import collector, machine, manage

if TYPE_CHECKING:
    from pathlib import Path

    from ..real.booting import Inside
    from .bundles import Workshop

pytestmark = [
    pytest.mark.real,
    pytest.mark.root,
    pytest.mark.containers,
    pytest.mark.skipif(os.getuid() != 0, reason="needs namespaces"),
]
AGENT = "/opt/wakeful-agent/current/wakeful-agent"
SETTINGS = "/etc/wakeful/agent.toml"


def current(inside: Inside) -> str:
    return inside("readlink", "/opt/wakeful-agent/current").stdout.strip().rpartition("/")[2]


def proven(inside: Inside) -> str:
    return inside("cat", "/var/lib/wakeful-agent/proven").stdout.strip()


def let(inside: Inside, allow: str, key: str) -> None:
    text = f'[update]\\nallow = "{allow}"\\nkey = "{key}"\\n'
    assert inside("sh", "-c", f"printf '{text}' >{SETTINGS} && chown root:wakeful {SETTINGS}").returncode == 0


def test_a_release_is_taken_and_taken_back(workshop: Workshop, source: Path) -> None:
    data = source / "data"
    manage(data, "release", "add", str(workshop.release("1.0.0")))
    with machine(source, "systemd") as inside, collector(inside, data):
        line = json.loads(manage(data, "invite", "--json"))["install"]
        done = inside("sh", "-c", f"cd /tmp && {line}")
        assert done.returncode == 0, done.stdout + done.stderr
        assert inside(AGENT, "update").stdout.startswith("release 1.0.0 is the newest")

        manage(data, "release", "add", str(workshop.release("2.0.0")))
        permitted_or_not(inside, workshop)
        taken = inside(AGENT, "update", "--yes")
        assert taken.returncode == 0, taken.stdout + taken.stderr
        assert "release 2.0.0 runs, and the collector accepts its pushes" in taken.stdout
        assert (current(inside), proven(inside)) == ("2.0.0", "2.0.0")

        from_a_folder_by_the_timer(inside, workshop, data)
        unaided(inside, workshop, data, source)


def permitted_or_not(inside: Inside, workshop: Workshop) -> None:
    refused = inside(AGENT, "update", "--yes")
    assert refused.returncode == 4
    assert '[update] allow = "ask"' in refused.stderr
    assert inside(AGENT, "update", "--check").returncode == 3
    let(inside, "ask", base64.b64encode(b"k" * 32).decode())
    wrong = inside(AGENT, "update", "--yes")
    assert wrong.returncode == 1
    assert "WRONG SIGNATURE" in wrong.stderr
    let(inside, "ask", workshop.key)
    asked = inside(AGENT, "update")
    assert asked.returncode == 3
    assert "wants a person to say yes" in asked.stdout
    inside("chown", "wakeful", SETTINGS)
    refused = inside(AGENT, "update", "--yes")
    assert refused.returncode == 4
    inside("chown", "root", SETTINGS)
    assert current(inside) == "1.0.0"


def from_a_folder_by_the_timer(inside: Inside, workshop: Workshop, data: Path) -> None:
    """A release that pushes nothing is taken back, and not tried again by itself."""
    let(inside, "auto", workshop.key)
    manage(data, "release", "add", str(workshop.release("2.1.0", bundles.MUTE)))
    failed = inside(AGENT, "update", "--wait", "4")
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "release 2.0.0 runs again" in failed.stdout
    assert current(inside) == "2.0.0"
    again = inside("systemctl", "start", "wakeful-agent-update.service")
    assert again.returncode == 0, again.stderr
    assert current(inside) == "2.0.0"
    assert inside("cat", "/opt/wakeful-agent/failed").stdout == "2.1.0\n"
    manage(data, "release", "add", str(workshop.release("2.2.0")))
    timed = inside("systemctl", "start", "wakeful-agent-update.service")
    assert timed.returncode == 0, timed.stderr
    assert (current(inside), proven(inside)) == ("2.2.0", "2.2.0")


def unaided(inside: Inside, workshop: Workshop, data: Path, source: Path) -> None:
    """The update itself is killed while the new release falls over again and again: the launcher goes back alone."""
    manage(data, "release", "add", str(workshop.release("3.0.0", bundles.CRASHES)))
    beside = ["nsenter", "--target", inside.pid, "--mount", "--pid", "--net", "--root", "--wd=/", AGENT, "update"]
    with subprocess.Popen(beside, env={"PATH": "/usr/bin:/bin"}, stdout=subprocess.DEVNULL) as process:
        await_true(lambda: inside("test", "-e", "/opt/wakeful-agent/trial").returncode == 0, "the trial", 60)
        number = inside("sh", "-c", "pgrep -f 'wakeful_agent update' | head -n 1").stdout.strip()
        assert inside("kill", f"-{signal.SIGKILL.value}", number).returncode == 0
        process.wait(30)
    assert current(inside) == "3.0.0"
    await_true(lambda: current(inside) == "2.2.0", "the launcher", 90)
    await_true(lambda: proven(inside) == "2.2.0", "a push of the release before", 60)
    assert inside("cat", "/opt/wakeful-agent/failed").stdout == "3.0.0\n"
    assert inside("test", "-e", "/opt/wakeful-agent/trial").returncode == 1
    assert inside("systemctl", "is-active", "wakeful-agent").stdout == "active\n"
