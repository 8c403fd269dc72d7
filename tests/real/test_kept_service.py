"""A service of OpenRC itself, watched and restarted by the agent's own watch, in a namespace of its own."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import await_true, program
from .test_openrc import namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.real, pytest.mark.root, pytest.mark.skipif(os.getuid() != 0, reason="needs namespaces")]

SOURCE = Path(__file__).parents[2] / "agent" / "src"
SCRIPT = """#!/sbin/openrc-run
command=/bin/sleep
command_args="600"
command_background=yes
pidfile=/run/kept.pid
start_pre() {
    [ ! -e /run/broken ]
}
"""
LOOK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from wakeful_agent.host.files import Host
from wakeful_agent.watches.service import ServiceWatch
watch = ServiceWatch("kept", {"service": sys.argv[3], "pidfile": "/run/kept.pid"})
if sys.argv[2] == "repair":
    print(json.dumps(list(watch.repair(Host(), 0)[:2])))
else:
    print(json.dumps(list(watch.look(Host(), 0)[:2])))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    program("openrc-run")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        for one in ("init.d", "conf.d", "runlevels/default"):
            (path / one).mkdir(parents=True)
        script = path / "init.d" / "kept"
        script.write_text(SCRIPT.replace("/sbin/openrc-run", shutil.which("openrc-run") or "/sbin/openrc-run"))
        script.chmod(0o755)
        yield path


def test_a_service_that_crashes_is_seen_and_restarted_and_a_stop_is_told_apart(folder: Path) -> None:
    with namespace(folder) as run:

        def ask(what: str, service: str = "kept") -> list[object]:
            done = run(sys.executable, "-c", LOOK, str(SOURCE), what, service)
            assert done.returncode == 0, done.stderr
            found: list[object] = json.loads(done.stdout)
            return found

        assert ask("look") == ["stopped", "it is stopped"]
        assert ask("look", "nothing-of-the-kind") == ["unknown", "there is no such service"]
        assert run("rc-service", "kept", "start").returncode == 0
        assert ask("look") == ["up", "started"]
        run("sh", "-c", "kill -9 $(cat /run/kept.pid)")
        await_true(lambda: ask("look")[0] == "down", "the crash to be seen")
        assert ask("repair")[0] is True
        assert ask("look") == ["up", "started"]
        assert run("rc-service", "kept", "stop").returncode == 0
        assert ask("look") == ["stopped", "it is stopped"]
        run("touch", "/run/broken")
        assert run("rc-service", "kept", "start").returncode != 0
        assert ask("look")[0] in ("down", "stopped")
