import pathlib
import subprocess

import pytest

from wakeful_agent.permissions.sandbox import TAKEN_BACK, sudo

SYSTEMD = pathlib.Path(__file__).parents[3] / "systemd"
FENCED = "Name:\tpython\nNoNewPrivs:\t1\nSeccomp:\t2\n"


def test_without_a_fence_sudo_is_up_to_sudoers(made):
    for status in ("Name:\tpython\nNoNewPrivs:\t0\n", "Name:\tpython\n", ""):
        assert sudo(made({"proc/self/status": status})).available


def test_a_machine_that_says_nothing_is_no_machine_that_permits(made):
    capability = sudo(made({}))
    assert not capability.available
    assert "/proc/self/status" in capability.reason


@pytest.mark.parametrize(
    ("place", "fix"),
    [
        ("run/systemd/system/x", "/sudo.conf && systemctl daemon-reload && systemctl restart wakeful-agent"),
        ("run/openrc/x", "supervise_daemon_args"),
        ("run/x", "without no-new-privileges"),
    ],
)
def test_behind_a_fence_it_says_how_to_open_it_and_what_that_exposes(made, place, fix):
    capability = sudo(made({"proc/self/status": FENCED, place: ""}))
    assert not capability.available
    assert "NoNewPrivileges" in capability.reason
    assert fix in capability.fix
    assert "way to root" in capability.exposes


def test_the_line_writes_the_drop_in_that_is_shipped(made, tmp_path):
    fix = sudo(made({"proc/self/status": FENCED, "run/systemd/system/x": ""})).fix
    line = fix.partition(" && systemctl")[0].replace("/etc/systemd", f"{tmp_path}/etc/systemd")
    subprocess.run(["sh", "-c", line], check=True)
    written = (tmp_path / "etc/systemd/system/wakeful-agent.service.d/sudo.conf").read_text().splitlines()
    shipped = (SYSTEMD / "drop-ins" / "sudo.conf").read_text().splitlines()
    assert written == [one for one in shipped if one and not one.startswith("#")] == ["[Service]", *TAKEN_BACK]
