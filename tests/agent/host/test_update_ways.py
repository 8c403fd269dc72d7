import pathlib

import pytest

from wakeful_agent.host import update_ways
from wakeful_agent.host.errors import Denied, HostError, Late, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.update_lists import Update
from wakeful_agent.host.update_ways import WAYS

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "updates"
ASK = {way.program: way.ask for way in WAYS}


@pytest.fixture
def tools(tmp_path):
    """Give a host with the programs that are named, each a script."""

    def make(user_id=0, **scripts):
        for name, script in scripts.items():
            program = tmp_path / name.replace("_", "-")
            program.write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/asked\n{script}\n')
            program.chmod(0o755)
        return Host(str(tmp_path), programs=(str(tmp_path),), user_id=user_id)

    return make


def asked(tmp_path):
    return (tmp_path / "asked").read_text().replace(f"{tmp_path}/", "").splitlines()


def test_apt_is_asked_without_a_lock_and_writes_no_cache(tools, tmp_path):
    updates, security = ASK["apt-get"](tools(apt_get=f"cat {CAPTURED}/apt-get-dist-upgrade"))
    assert (len(updates), security) == (7, 4)
    ASK["apt-get"](tools(user_id=1000, apt_get=f"cat {CAPTURED}/apt-get-dist-upgrade"))
    words, others = asked(tmp_path)
    assert others.split()[1:] == ["-s", "-oDebug::NoLocking=1", "dist-upgrade"]
    assert words.split()[1:] == [
        "-s",
        "-oDebug::NoLocking=1",
        "-oDir::Cache::pkgcache=",
        "-oDir::Cache::srcpkgcache=",
        "dist-upgrade",
    ]


@pytest.mark.parametrize("program", ["dnf", "yum"])
def test_dnf_and_yum_are_asked_as_root_from_their_caches(tools, tmp_path, program):
    security = f"cat {CAPTURED}/dnf-check-update-security; exit 100"
    script = f'case "$*" in *--security) {security};; esac; cat {CAPTURED}/dnf-check-update; exit 100'
    sudo = 'shift; exec "$@"'
    updates, count = ASK[program](tools(user_id=1000, **{program: script, "sudo": sudo}))
    assert updates == [Update("wk-alpha", "", "1.2-1.el9", True), Update("wk-beta", "", "2.1-1.el9", False)]
    assert count == 1
    assert [line for line in asked(tmp_path) if line.startswith(program)] == [
        f"{program} -C -q check-update",
        f"{program} -C -q check-update --security",
    ]


def test_what_sudo_refuses_is_refused(tools):
    with pytest.raises(Denied, match="a password is required"):
        ASK["dnf"](tools(user_id=1000, dnf="exit 0", sudo="echo 'sudo: a password is required' >&2; exit 1"))


def test_zypper_is_asked_twice(tools, tmp_path):
    told = f"cat {CAPTURED}/zypper-list"
    script = f'case "$*" in *list-patches*) {told}-patches.xml;; *) {told}-updates.xml;; esac'
    updates, security = ASK["zypper"](tools(zypper=script))
    assert (len(updates), security) == (2, 1)
    assert all("--no-refresh" in line for line in asked(tmp_path))


def test_apk_and_pacman_do_not_tell_of_security(tools):
    host = tools(apk="echo 'musl-1.2.4-r1  < 1.2.5-r0'", pacman="echo 'a 1 -> 2'")
    assert ASK["apk"](host) == ([Update("musl", "1.2.4-r1", "1.2.5-r0")], None)
    assert ASK["pacman"](host) == ([Update("a", "1", "2")], None)


def test_pacman_without_updates_ends_with_one(tools):
    assert ASK["pacman"](tools(pacman="exit 1")) == ([], None)
    with pytest.raises(HostError, match="no such database"):
        ASK["pacman"](tools(pacman="echo 'error: no such database' >&2; exit 1"))


@pytest.mark.parametrize("program", sorted(ASK))
def test_programs_that_fail_or_talk_nonsense(tools, monkeypatch, program):
    monkeypatch.setattr(update_ways, "_SECONDS", 0.5)
    name = program.replace("-", "_")
    with pytest.raises(HostError, match="E: broken"):
        ASK[program](tools(**{name: "echo 'W: x' >&2; echo 'E: broken' >&2; echo done >&2; exit 3"}))
    with pytest.raises(HostError, match=r"failed \(3\)"):
        ASK[program](
            tools(**{name: "echo '  ' >&2; exit 3"}) if program != "pacman" else tools(pacman="echo x; exit 3")
        )
    with pytest.raises(Malformed):
        ASK[program](tools(**{name: "echo Nichts zu tun"}))
    with pytest.raises(Malformed, match="writes more than"):
        ASK[program](tools(**{name: "exec yes"}))
    with pytest.raises(Late):
        ASK[program](tools(**{name: "exec sleep 60"}))
