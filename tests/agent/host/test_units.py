from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.command import FOLDERS
from wakeful_agent.host.errors import Absent, Denied, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.host.units import own_unit, restart, restart_own, service_command, unit_command, whole_name

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["nginx.service", "getty@tty1.service", r"mnt-my\x2ddisk.mount", "a:b.timer"])
def test_units_have_exact_commands(name: str) -> None:
    assert unit_command(name) == ["systemctl", "restart", name]


@pytest.mark.parametrize("name", ["", "-H host", "--all", "a b", "*", "a/b", "x" * 300, "a\n", "a;b", "$(id)"])
def test_what_is_no_units_name_becomes_no_command(name: str) -> None:
    with pytest.raises(HostError, match="no name of a unit"):
        unit_command(name)


def test_services_of_openrc() -> None:
    assert service_command("net.eth0") == ["rc-service", "net.eth0", "restart"]
    for name in ("", "--list", "a b", "../x", "x" * 200):
        with pytest.raises(HostError, match="no name of a service"):
            service_command(name)


def machine(folder: Path, script: str) -> Host:
    program = folder / "systemctl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Host(str(folder), programs=(str(folder),), user_id=0)


def test_a_restart_says_what_it_did(tmp_path: Path) -> None:
    host = machine(tmp_path, f'echo "$@" > {tmp_path}/asked')
    assert restart(host, unit_command("nginx.service"), 5) == "systemctl restart nginx.service ended well"
    assert (tmp_path / "asked").read_text() == "restart nginx.service\n"


def test_a_restart_that_fails_says_why(tmp_path: Path) -> None:
    host = machine(tmp_path, "echo Unit nginx.service not found. >&2; exit 5")
    with pytest.raises(HostError, match=r"ended with 5: Unit nginx.service not found\."):
        restart(host, unit_command("nginx.service"), 5)
    with pytest.raises(HostError, match="ended with 1: it said nothing"):
        restart(machine(tmp_path, "exit 1"), unit_command("nginx.service"), 5)


def test_without_the_program_it_is_absent(tmp_path: Path) -> None:
    with pytest.raises(Absent):
        restart(Host(str(tmp_path), programs=(str(tmp_path),), user_id=0), unit_command("a.service"), 5)


def test_names_have_a_suffix() -> None:
    assert [whole_name(name) for name in ("nginx", "a.timer", "")] == ["nginx.service", "a.timer", ""]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("0::/system.slice/wakeful-agent.service\n", "wakeful-agent.service"),
        (
            "12:cpu,cpuacct:/x.service\n1:name=systemd:/system.slice/wakeful-agent.service/own\n0::/\n",
            "wakeful-agent.service",
        ),
        ("0::/user.slice/user-1.slice/user@1.service/app.slice/own.service\n", "own.service"),
        ("0::/docker/0123\n", ""),
        ("nonsense\n\n", ""),
    ],
)
def test_the_unit_that_the_agent_runs_in(tmp_path: Path, text: str, unit: str) -> None:
    assert own_unit(Host(str(tmp_path))) == ""
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "cgroup").write_text(text)
    assert own_unit(Host(str(tmp_path))) == unit


SLOW = """#!/bin/sh
sleep 0.3
echo it goes on although nobody listens
echo "$@" "$(ps -o sid= -p $$)" >{folder}/done
"""


def put(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)


@pytest.mark.parametrize("user", [0, 1000])
def test_the_own_service_is_restarted_by_what_outlives_the_agent(tmp_path: Path, user: int) -> None:
    put(tmp_path, "rc-service", SLOW.format(folder=tmp_path))
    put(tmp_path, "sudo", '#!/bin/sh\n[ "$2" = -l ] || { shift; exec "$@"; }\n')
    host = Host("/", programs=(str(tmp_path), *FOLDERS), user_id=user)
    with pytest.raises(HostError, match=r"rc-service own restart did not end the agent within 0\.1 s"):
        restart_own(host, service_command("own"), 0.1)
    host.stop_programs()
    until = time.monotonic() + 10
    while not (tmp_path / "done").exists() and time.monotonic() < until:
        time.sleep(0.05)
    own, action, session = (tmp_path / "done").read_text().split()
    assert (own, action) == ("own", "restart")
    assert int(session) != os.getsid(0)


def test_what_may_not_be_restarted_is_said_at_once(tmp_path: Path) -> None:
    put(tmp_path, "rc-service", "#!/bin/sh\n")
    put(tmp_path, "setsid", "#!/bin/sh\necho no such thing >&2\nexit 1\n")
    with pytest.raises(HostError, match="setsid ended with 1: no such thing"):
        restart_own(Host("/", (str(tmp_path),), user_id=0), service_command("own"), 60)
    with pytest.raises(Denied, match="sudo is not installed"):
        restart_own(Host("/", (str(tmp_path),), user_id=1000), service_command("own"), 60)
