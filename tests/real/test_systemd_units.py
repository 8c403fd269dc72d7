"""systemd itself runs the units with their whole fence, as process 1 of namespaces of its own (see `booting`)."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .booting import ROOT, WAKEFUL, furnish, systemd
from .conftest import await_true

if TYPE_CHECKING:
    from .booting import Inside

pytestmark = [
    pytest.mark.real,
    pytest.mark.root,
    pytest.mark.containers,
    pytest.mark.skipif(os.getuid() != 0, reason="needs namespaces"),
]


@pytest.fixture
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an enrolled agent that everybody may start, and the units."""
    return furnish(tmp_path_factory.mktemp("systemd"))


def shown(run: Inside, *properties: str) -> dict[str, str]:
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
        assert run("stat", "-c", "%U %a", "/etc/wakeful").stdout == "root 751\n"

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
