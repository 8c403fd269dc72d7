"""What grants the rest: exact lines of sudo, groups, packages, and nothing that anybody else wrote."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.capabilities import Capability, granted, missing
from wakeful_agent.host.sudoers import sudoers
from wakeful_agent.permissions.grants import find_grants, script, sudoers_file

if TYPE_CHECKING:
    from pathlib import Path

FOUND = [
    granted("cpu"),
    missing(
        "smart", "sudo: a password is required", sudoers("smart", [("/usr/sbin/smartctl", "-H", "/dev/sda")]), "serials"
    ),
    missing("raid", "no", sudoers("raid", [("/sbin/mdadm", "--detail", "/dev/md0")])),
    missing("logs", "no", "usermod -a -G systemd-journal wakeful", "all log lines"),
    missing("hidden", "no", "usermod -a -G 1234 wakeful && systemctl restart wakeful-agent", "processes"),
    missing("containers", "no", "usermod -aG docker wakeful", "root"),
    missing("ups", "upsc is not installed", "apt install nut-client"),
    missing("energy", "root's alone", "chgrp wakeful /sys/x && chmod g+r /sys/x", "side channels"),
    missing("sensors", "there are none"),
]


def test_everything_is_sorted_by_how_it_is_granted() -> None:
    told = find_grants(FOUND, "wakeful")
    assert [line for _, line in told.rules] == [
        "wakeful ALL=(root) NOPASSWD: /usr/sbin/smartctl -H /dev/sda",
        "wakeful ALL=(root) NOPASSWD: /sbin/mdadm --detail /dev/md0",
    ]
    assert [line for _, line in told.groups] == [
        "usermod -a -G systemd-journal wakeful",
        "usermod -a -G 1234 wakeful",
        "usermod -aG docker wakeful",
    ]
    assert [line for _, line in told.packages] == ["apt install nut-client"]
    assert [line for _, line in told.others] == ["chgrp wakeful /sys/x && chmod g+r /sys/x"]


def test_what_is_there_and_could_show_more_has_its_line_too() -> None:
    more = Capability(
        "raid", True, "without mdadm --detail", sudoers("raid", [("/sbin/mdadm", "--detail", "/dev/md0")])
    )
    assert [line for _, line in find_grants([granted("cpu"), more], "wakeful").rules] == [
        "wakeful ALL=(root) NOPASSWD: /sbin/mdadm --detail /dev/md0"
    ]


@pytest.mark.parametrize(
    ("installer", "line"),
    [
        ("dnf", "dnf install"),
        ("apk", "apk add"),
        ("pacman", "pacman -S"),
        ("zypper", "zypper install"),
        ("", "apt install"),
    ],
)
def test_packages_are_installed_the_machines_own_way(installer: str, line: str) -> None:
    assert [text for _, text in find_grants(FOUND, "wakeful", installer).packages] == [f"{line} nut-client"]


def test_another_user_gets_the_rights_of_that_user() -> None:
    told = find_grants(FOUND, "bob")
    assert told.rules[0][1].startswith("bob ALL=(root) NOPASSWD: /usr/sbin/smartctl")
    assert told.groups[0][1] == "usermod -a -G systemd-journal bob"
    assert "Defaults:bob " in sudoers_file(told.rules, "bob")
    path = sudoers("x", [("/opt/wakeful/x", "/etc/wakeful-agent")])
    [(_, rule)] = find_grants([missing("x", "no", path)], "bob").rules
    assert rule == "bob ALL=(root) NOPASSWD: /opt/wakeful/x /etc/wakeful-agent"


def test_the_lines_can_be_pasted(tmp_path: Path) -> None:
    told = find_grants(FOUND, "wakeful")
    lines = script(told, "wakeful")
    assert "# smart: sudo: a password is required" not in lines
    assert "# smart: exposes serials" in lines
    assert "# logs: no; exposes all log lines" in lines
    assert "#   chgrp wakeful /sys/x && chmod g+r /sys/x" in lines, "by hand is never run by pasting"
    assert lines[-1].startswith("systemctl restart wakeful-agent")
    text = "\n".join(lines).replace("/etc/sudoers.d/", f"{tmp_path}/")
    stub = "visudo() { :; }; usermod() { :; }; apt() { :; }; systemctl() { :; }\n"
    subprocess.run(["sh", "-eu", "-c", stub + text], check=True)
    assert (tmp_path / "wakeful-agent").read_text() == sudoers_file(told.rules, "wakeful").replace(
        "/etc/sudoers.d/", f"{tmp_path}/"
    )
    assert script(find_grants([granted("cpu")], "wakeful"), "wakeful") == []


def test_sudo_takes_the_file(tmp_path: Path) -> None:
    assert shutil.which("visudo"), "sudo is among the tests' programs"
    odd = sudoers("odd", [("/bin/a", "megaraid,3", "/dev/bus:0", "x=$(id)`id`", 'a"b', "*", "a b")])
    told = find_grants([*FOUND, missing("odd", "no", odd, "x\ny")], "wakeful")
    file = tmp_path / "sudoers"
    file.write_text(sudoers_file(told.rules, "wakeful"))
    file.chmod(0o440)
    checked = subprocess.run(["visudo", "-c", "-f", str(file)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_name_of_anybodys_adds_a_line(reason: str, exposes: str) -> None:
    items = [
        missing("a", reason, "usermod -a -G x wakeful", exposes),
        missing("b", reason, sudoers("b", [("/b", "c")]), exposes),
    ]
    for line in script(find_grants(items, "wakeful"), "wakeful"):
        assert "\n" not in line
        assert line.isprintable() or "\ufffd" in line or line.startswith("#")
    hostile = [
        missing("c", "no", f'echo "wakeful ALL=(root) NOPASSWD: /c {reason}\n root ALL" > /etc/sudoers.d/wakeful-c')
    ]
    assert find_grants(hostile, "wakeful").rules == []
