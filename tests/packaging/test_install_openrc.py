"""The installer where OpenRC starts services: installed, upgraded, taken back, taken away."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from ..real.conftest import await_true, program
from . import bundles
from .machines import collector, machine, manage, tree

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from ..real.booting import Inside
    from .bundles import Workshop

pytestmark = [
    pytest.mark.real,
    pytest.mark.root,
    pytest.mark.containers,
    pytest.mark.skipif(os.getuid() != 0, reason="needs namespaces"),
]


def again(inside: Inside, *words: str) -> subprocess.CompletedProcess[str]:
    line = f"curl -fsSL http://127.0.0.1:8800/install.sh | sh -s -- {' '.join(words)}"
    return inside("sh", "-c", f"cd / && {line}")


def proven(inside: Inside) -> str:
    return inside("cat", "/var/lib/wakeful-agent/proven").stdout.strip()


def test_the_agent_is_installed_under_openrc(workshop: Workshop, source: Path) -> None:
    program("openrc-run")
    data = source / "data"
    manage(data, "release", "add", str(workshop.release("1.0.0")))
    with machine(source, "openrc") as inside:
        before = tree(inside)
        with collector(inside, data):
            invite = json.loads(manage(data, "invite", "--json"))["invite"]
            done = again(inside, "--invite", invite, "--key", workshop.key)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "accepted its first push" in done.stdout
            assert proven(inside) == "1.0.0"
            assert inside("rc-service", "wakeful-agent", "status").returncode == 0
            number = inside("cat", "/var/lib/wakeful-agent/lock").stdout.strip()
            assert inside("stat", "-c", "%U", f"/proc/{number}").stdout == "wakeful\n"
            assert inside("readlink", "-f", "/etc/runlevels/default/wakeful-agent").stdout

            same = again(inside, "--key", workshop.key)
            assert same.returncode == 0, same.stdout + same.stderr
            assert "nothing was to be done" in same.stdout

            # What falls over is passed over by the launcher, run as the agent's user, and made good by the installer.
            manage(data, "release", "add", str(workshop.release("2.0.0", bundles.CRASHES)))
            inside("sh", "-c", "printf 'respawn_delay=1\\nready_seconds=4\\n' >>/etc/conf.d/wakeful-agent")
            failed = again(inside, "--key", workshop.key, "--wait", "50")
            assert failed.returncode == 1, failed.stdout + failed.stderr
            assert inside("readlink", "/opt/wakeful-agent/current").stdout == "versions/1.0.0\n"
            inside("rm", "-f", "/var/lib/wakeful-agent/proven")
            assert inside("rc-service", "wakeful-agent", "restart").returncode == 0
            await_true(lambda: proven(inside) == "1.0.0", "the release before")

            gone = again(inside, "--uninstall")
            assert gone.returncode == 0, gone.stderr
            assert tree(inside) == before
            assert inside("id", "wakeful").returncode != 0
