"""The collector's line on a machine with systemd: installed, run again, upgraded, taken back, taken away."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

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
FOUND = "/opt/wakeful-agent"


def paste(inside: Inside, line: str) -> subprocess.CompletedProcess[str]:
    """Paste a line into a shell of the machine."""
    return inside("sh", "-c", f"cd /tmp && {line}")


def again(inside: Inside, *words: str) -> subprocess.CompletedProcess[str]:
    """Fetch the installer anew and run it with these words."""
    return paste(inside, f"curl -fsSL http://127.0.0.1:8800/install.sh | sudo sh -s -- {' '.join(words)}")


def versions(inside: Inside) -> tuple[str, str]:
    """Return the release that is current, and the one whose push was accepted last."""
    current = inside("readlink", f"{FOUND}/current").stdout.strip().rpartition("/")[2]
    return current, inside("cat", "/var/lib/wakeful-agent/proven").stdout.strip()


def token(inside: Inside) -> str:
    return inside("md5sum", "/etc/wakeful/TOKEN", "/etc/wakeful/identity.json", "/etc/wakeful/agent.toml").stdout


def test_the_line_of_the_collector_under_systemd(workshop: Workshop, source: Path) -> None:
    data = source / "data"
    manage(data, "release", "add", str(workshop.release("1.0.0")), "--key", workshop.key)
    key = ("--key", workshop.key)
    with machine(source, "systemd") as inside:
        before = tree(inside)
        with collector(inside, data):
            line = json.loads(manage(data, "invite", "--uses", "3", "--json"))["install"]
            assert f"--key {workshop.key}" in line

            rehearsed = paste(inside, f"{line} --dry-run")
            assert rehearsed.returncode == 0, rehearsed.stderr
            for word in ("would fetch", "would enrol", "systemctl restart", "nothing was done"):
                assert word in rehearsed.stdout
            assert tree(inside) == before

            done = paste(inside, line)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "accepted its first push" in done.stdout
            assert "signature of the release is good" in done.stdout
            assert versions(inside) == ("1.0.0", "1.0.0")
            pid = inside("systemctl", "show", "-P", "MainPID", "wakeful-agent").stdout.strip()
            owner = inside("stat", "-c", "%U", f"/proc/{pid}", "/etc/wakeful/TOKEN", FOUND).stdout.split()
            assert owner == ["wakeful", "wakeful", "root"]
            assert inside("/usr/local/bin/wakeful-agent", "--version").stdout == "wakeful-agent 1.0.0\n"
            kept = token(inside)
            assert any("/opt/wakeful-agent/versions/1.0.0/wakeful-agent" in line for line in tree(inside))

            same = again(inside, *key)
            assert same.returncode == 0, same.stdout + same.stderr
            assert "nothing was to be done" in same.stdout
            assert inside("systemctl", "show", "-P", "MainPID", "wakeful-agent").stdout.strip() == pid

            upgrades_and_takes_back(inside, workshop, data)
            assert token(inside) == kept

            grants(inside, key)
            gone = again(inside, "--uninstall", "--dry-run")
            assert gone.returncode == 0, gone.stderr
            assert inside("systemctl", "is-active", "wakeful-agent").stdout == "active\n"
            gone = again(inside, "--uninstall")
            assert gone.returncode == 0, gone.stderr
            assert tree(inside) == before
            assert inside("id", "wakeful").returncode != 0
            assert inside("systemctl", "is-active", "wakeful-agent").stdout != "active\n"


def upgrades_and_takes_back(inside: Inside, workshop: Workshop, data: Path) -> None:
    key = ("--key", workshop.key)
    manage(data, "release", "add", str(workshop.release("1.1.0")))
    done = again(inside, *key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert versions(inside) == ("1.1.0", "1.1.0")
    assert inside("readlink", f"{FOUND}/previous").stdout == "versions/1.0.0\n"

    from . import bundles

    manage(data, "release", "add", str(workshop.release("1.2.0", bundles.MUTE)))
    done = again(inside, *key, "--wait", "4")
    assert done.returncode == 1
    assert "taken back" in done.stderr
    assert "release 1.1.0 runs again" in done.stdout
    assert inside("readlink", f"{FOUND}/current").stdout == "versions/1.1.0\n"
    assert inside("ls", f"{FOUND}/versions").stdout.split() == ["1.0.0", "1.1.0"]
    assert inside("cat", f"{FOUND}/failed").stdout == "1.2.0\n"

    manage(data, "release", "add", str(workshop.release("1.3.0", bundles.UNFIT)))
    done = again(inside, *key)
    assert done.returncode == 3
    assert "does not work on this machine" in done.stderr
    assert "cannot run here" in done.stderr
    assert inside("ls", f"{FOUND}/versions").stdout.split() == ["1.0.0", "1.1.0"]
    manage(data, "release", "add", str(workshop.release("1.1.0")))


def grants(inside: Inside, key: tuple[str, str]) -> None:
    """What was asked for, is here and is missing gets its lines, and nothing else does."""
    assert "nothing to grant" in again(inside, *key, "--grant", "smart").stdout
    if shutil.which("fail2ban-client") is None:
        pytest.skip("fail2ban is not installed")
    inside("sh", "-c", "mkdir -p /run/fail2ban && touch /run/fail2ban/fail2ban.sock")
    done = again(inside, *key, "--grant", "smart,raid,fail2ban")
    assert done.returncode == 0, done.stdout + done.stderr
    rules = inside("cat", "/etc/sudoers.d/wakeful-agent").stdout
    assert "wakeful ALL=(root) NOPASSWD: /usr/bin/fail2ban-client status" in rules
    assert "smartctl" not in rules
    assert inside("stat", "-c", "%a", "/etc/sudoers.d/wakeful-agent").stdout == "440\n"
    assert inside("systemctl", "show", "-P", "NoNewPrivileges", "wakeful-agent").stdout == "no\n"
    assert "nothing was to be done" in again(inside, *key, "--grant", "fail2ban").stdout
