"""Sudo that permits, refuses, is not there, and is not asked twice for nothing."""

import pytest

from wakeful_agent.host import sudo
from wakeful_agent.host.command import Output
from wakeful_agent.host.errors import Absent, Denied
from wakeful_agent.host.files import Host


@pytest.fixture
def machine(tmp_path):
    """Return a function that puts a `sudo` of the given text and a `smartctl` on a machine, as user 1000."""

    def make(text):
        for name, body in (("sudo", text), ("smartctl", "echo smart")):
            (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
            (tmp_path / name).chmod(0o755)
        return Host(str(tmp_path), programs=(str(tmp_path),), user_id=1000)

    return make


REFUSES = 'echo x >> "$0.asked"; echo "sudo: a password is required" >&2; exit 1'


def asked(tmp_path):
    return len((tmp_path / "sudo.asked").read_text().splitlines())


def test_a_refusal_is_told_and_not_asked_again(machine, tmp_path, monkeypatch):
    host = machine(REFUSES)
    for _ in range(3):
        with pytest.raises(Denied, match=r"^sudo: a password is required$"):
            host.run_as_root(["smartctl", "--scan"])
    assert asked(tmp_path) == 1
    with pytest.raises(Denied):
        host.run_as_root(["smartctl", "--other"])
    assert asked(tmp_path) == 2
    host.forget_refusals()
    with pytest.raises(Denied):
        host.run_as_root(["smartctl", "--scan"])
    assert asked(tmp_path) == 3
    monkeypatch.setattr(sudo, "REFUSAL_SECONDS", 0.0)
    with pytest.raises(Denied):
        host.run_as_root(["smartctl", "--scan"])
    assert asked(tmp_path) == 4


def test_new_rules_of_sudo_are_noticed(machine, tmp_path):
    host = machine(REFUSES)
    with pytest.raises(Denied):
        host.run_as_root(["smartctl"])
    (tmp_path / "etc/sudoers.d").mkdir(parents=True)
    (tmp_path / "sudo").write_text('#!/bin/sh\nshift; exec "$@"\n')
    assert host.run_as_root(["smartctl"]).out == "smart\n"


def test_what_may_be_run_is_asked_without_running_it(machine):
    host = machine('[ "$2" = -l ] || exit 9; [ "$4" = --scan ]')
    host.check_root(["smartctl", "--scan"])
    with pytest.raises(Denied, match="smartctl is not among what this user may run as root"):
        host.check_root(["smartctl", "--all"])
    with pytest.raises(Absent):
        host.check_root(["nobody"])


def test_a_machine_without_sudo_refuses_in_words(machine, tmp_path):
    host = machine("")
    (tmp_path / "sudo").unlink()
    with pytest.raises(Denied, match="smartctl needs root, and sudo is not installed"):
        host.run_as_root(["smartctl"])
    host.forget_refusals()
    Host().forget_refusals()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("sudo: a password is required\n", "a password is required"),
        ("x\nSorry, user wakeful is not allowed to execute 'a\x1b' as root on h.\n", "Sorry, user wakeful"),
        ('sudo: The "no new privileges" flag is set, which prevents sudo from running', 'The "no new'),
        ("smartctl: no such device", ""),
        ("sudo: unable to resolve host web-1: Name or service not known\n", ""),
        ("sudo: setrlimit(RLIMIT_CORE): Operation not permitted\nsmartctl: no such device", ""),
        ("sudo: unable to resolve host web-1\nsudo: a password is required", "a password is required"),
    ],
)
def test_sudos_own_words_are_told_from_the_programs(said, reason):
    found = sudo.refusal(Output(1, "", said))
    assert found.startswith(reason)
    assert bool(found) is bool(reason)
    assert "\x1b" not in found
    assert sudo.refusal(Output(0, "", said)) == ""
    assert sudo.refusal(Output(100, "", said)) == "", "dnf's exit code, smartctl's bits: sudo itself ends with 1"


def test_what_sudo_only_warns_of_refuses_nothing(machine):
    host = machine('echo "sudo: unable to resolve host web-1: Name or service not known" >&2; exit 4')
    for _ in range(2):
        assert host.run_as_root(["smartctl", "--scan"]).code == 4
