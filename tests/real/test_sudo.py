"""The real sudo, with the file that doctor prints, as a user without any other right."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Sequence

import pytest

from wakeful_agent.action import Parameter
from wakeful_agent.actions.named import NamedAction
from wakeful_agent.capabilities import missing
from wakeful_agent.config.orders import ActionSetting
from wakeful_agent.host.command import FOLDERS
from wakeful_agent.host.errors import Denied, Late
from wakeful_agent.host.files import Host
from wakeful_agent.host.sudoers import sudoers
from wakeful_agent.permissions.grants import find_grants, sudoers_file

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.root]
NOBODY = 65_534
# In a mount namespace of its own, so that the machine's rules stay what they are.
AS_NOBODY = """#!/bin/sh
exec unshare -m sh -c '
mount --bind {rules} /etc/sudoers.d && exec setpriv --reuid={user} --regid={user} --clear-groups {sudo} "$@"' sh "$@"
"""
ODD = ("megaraid,3", "/dev/bus:0", "a=b", "x!y#z", "c:\\d")


@pytest.fixture
def machine(tmp_path: Path) -> Host:
    """A machine where nobody may run exactly `/usr/bin/id -u`, `/usr/bin/printf ...` with odd words, and a sleep."""
    return permitting(tmp_path, [("/usr/bin/id", "-u"), ("/usr/bin/printf", "%s;", *ODD), ("/usr/bin/sleep", "600")])


def permitting(tmp_path: Path, commands: Sequence[Sequence[str]]) -> Host:
    """Return a machine where nobody may run exactly these commands as root."""
    sudo = shutil.which("sudo")
    assert sudo, "sudo is among the tests' programs"
    rules = tmp_path / "rules"
    rules.mkdir()
    told = find_grants([missing("x", "no", sudoers("x", commands))], "nobody")
    text = sudoers_file(told.rules, "nobody").replace("command_timeout=120", "command_timeout=1")
    (rules / "wakeful-agent").write_text(text)
    (rules / "wakeful-agent").chmod(0o440)
    wrapper = tmp_path / "bin" / "sudo"
    wrapper.parent.mkdir()
    wrapper.write_text(AS_NOBODY.format(rules=rules, user=NOBODY, sudo=sudo))
    wrapper.chmod(0o755)
    return Host("/", programs=(str(wrapper.parent), *FOLDERS), user_id=NOBODY)


def test_exactly_what_is_permitted_runs_as_root(machine: Host) -> None:
    assert machine.run_as_root(["/usr/bin/id", "-u"]).out == "0\n"
    machine.check_root(["/usr/bin/id", "-u"])
    assert machine.run_as_root(["/usr/bin/printf", "%s;", *ODD]).out == "".join(f"{word};" for word in ODD)
    for words in (["/usr/bin/id"], ["/usr/bin/id", "-u", "root"], ["/usr/bin/id", "-g"], ["/bin/sh", "-c", "id"]):
        with pytest.raises(Denied, match=r"^sudo: "):
            machine.run_as_root(words)
        machine.forget_refusals()
        with pytest.raises(Denied, match=r"^sudo: "):
            machine.check_root(words)


def test_what_hangs_as_root_is_ended_by_sudo(machine: Host) -> None:
    output = machine.run_as_root(["/usr/bin/sleep", "600"], timeout_seconds=8)
    assert output.code != 0
    with pytest.raises(Late):
        Host("/", programs=machine.programs, user_id=NOBODY).run_as_root(["/usr/bin/sleep", "600"], timeout_seconds=0.3)


def test_a_named_action_runs_as_root_with_exactly_the_words_that_its_file_names(tmp_path: Path) -> None:
    unit = Parameter("unit", "choice", choices=("a,b.service", "c:d.service"))
    argv = ("/usr/bin/printf", "%s;", "{unit}", "as root")
    action = NamedAction(ActionSetting("told", argv, as_root=True, output=True, parameters=(unit,)))
    machine = permitting(tmp_path, action.commands())
    for name in unit.choices:
        assert action.run(machine, {"unit": name}, 0).data["output"] == [f"{name};as root;"]
    with pytest.raises(Denied, match=r"^sudo: "):
        action.run(machine, {"unit": "sshd.service"}, 0)
