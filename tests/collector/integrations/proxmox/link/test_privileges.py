from __future__ import annotations

import shlex
from typing import Any

import pytest

from wakeful_collector.integrations.proxmox.link import privileges

LOOKING = {one: 1 for feature in privileges.wanted("look") for one, _ in feature.needs}


def verdicts(found: dict[str, Any], level: str = "look", version: int = 9) -> dict[str, str]:
    return {one.name: privileges.judge(found, one, version).permitted for one in privileges.wanted(level)}


def test_what_stands_above_is_handed_down() -> None:
    assert set(verdicts({"/": LOOKING}).values()) == {"yes"}
    stays = verdicts({"/": dict.fromkeys(LOOKING, 0)})
    assert stays.pop("nodes, tasks, HA, backup jobs") == "yes"
    assert set(stays.values()) == {"no"}
    assert set(verdicts({"/": {"Sys.Audit": 1}, "/vms": {"VM.Audit": 1}}).values()) == {"yes", "no"}
    assert verdicts({"/vms": {"VM.Audit": 0}})["guests"] == "no", "it holds at no guest"
    assert verdicts({"/": {"VM.Audit": []}})["guests"] == "yes"


def test_a_token_for_some_guests_is_told_which() -> None:
    found = {"/vms/100": {"VM.Audit": 1}, "/pool/lab": {"VM.Audit": 1, "Datastore.Audit": 1}}
    assert verdicts(found)["guests"] == "partly"
    assert verdicts(found)["storages"] == "partly"
    guests = next(one for one in privileges.FEATURES if one.name == "guests")
    assert privileges.judge(found, guests, 9).missing == ("VM.Audit on /vms (only on /pool/lab, /vms/100)",)


def test_versions_call_privileges_otherwise() -> None:
    old = {"/": {"Sys.Audit": 1, "VM.Audit": 1, "Datastore.Audit": 1, "Pool.Audit": 1, "VM.Monitor": 1}}
    assert set(verdicts(old, version=7).values()) == {"yes"}
    assert verdicts(old, version=8)["networks"] == "no"
    assert verdicts(old, version=9)["addresses of guests"] == "no"


def test_levels_contain_each_other() -> None:
    names = [{one.name for one in privileges.wanted(level)} for level in privileges.LEVELS]
    assert names[0] < names[1] < names[2]
    assert names[2] == {one.name for one in privileges.FEATURES}


@pytest.mark.parametrize("level", privileges.LEVELS)
def test_the_lines_are_for_a_user_of_its_own(level: str) -> None:
    for login in ("root@pam!wakeful", "root@pam", "someone@pve", privileges.LOGIN):
        told = "\n".join(privileges.lines(login, level, 9))
        assert "root@pam" not in told
        assert "'wakeful@pve!wakeful'" in told
    mine = privileges.lines("ada@pve!mine", level, 9)
    assert any(shlex.split(line)[-2:] == ["--tokens", "ada@pve!mine"] for line in mine)


def test_the_lines_give_what_is_wanted_and_no_more() -> None:
    assert not any("role add" in line for line in privileges.lines("", "look", 9))
    for version in (7, 8, 9):
        role = shlex.split(privileges.lines("", "act", version)[0])
        given = role[role.index("--privs") + 1].split()
        assert "VM.PowerMgmt" in given
        assert "VM.Allocate" not in given
        assert "VM.Monitor" not in given
        found = verdicts({"/": dict.fromkeys(given, 1)}, "act", version)
        assert found.pop("addresses of guests") == ("yes" if version == 9 else "partly")
        assert set(found.values()) == {"yes"}
