"""A unit: what systemctl says of it (in the words of systemd 252), and what is asked of systemctl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.errors import Absent, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.watch import DOWN, STARTING, STOPPED, UNKNOWN, UP
from wakeful_agent.watches.unit import UnitWatch, judge

if TYPE_CHECKING:
    from pathlib import Path

SYSTEMCTL = """#!/bin/sh
echo "$@" >>{folder}/asked
case "$1" in
show) cat {folder}/shown ;;
restart) cat {folder}/answer >&2; exit $(cat {folder}/code) ;;
esac
"""
ACTIVE = {"LoadState": "loaded", "ActiveState": "active", "SubState": "running", "Result": "success"}
CASES = [
    ({}, UP, "running"),
    ({"ActiveState": "reloading", "SubState": "reload"}, UP, "reload"),
    ({"ActiveState": "activating", "SubState": "start-pre"}, STARTING, "start-pre"),
    (
        {"ActiveState": "activating", "SubState": "auto-restart", "Result": "exit-code"},
        DOWN,
        "it ended (exit-code), and systemd waits to start it again",
    ),
    ({"ActiveState": "failed", "Result": "signal", "ExecMainStatus": "9"}, DOWN, "it failed: signal"),
    ({"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "1"}, DOWN, "it failed: exit-code"),
    (
        {"ActiveState": "failed", "Result": "oom-kill", "ExecMainStatus": "143"},
        DOWN,
        "it failed: oom-kill",
    ),
    (
        {"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "143"},
        STOPPED,
        "it was stopped: it ended with 143, as it was told to",
    ),
    (
        {"ActiveState": "inactive", "SubState": "dead", "InactiveEnterTimestampMonotonic": "5000"},
        STOPPED,
        "it was stopped, or ended by itself without an error",
    ),
    ({"ActiveState": "inactive", "InactiveEnterTimestampMonotonic": "0"}, DOWN, "it was not started"),
    ({"ActiveState": "deactivating"}, UNKNOWN, "it is deactivating"),
    ({"ActiveState": ""}, UNKNOWN, "it is in no state that is known"),
    ({"LoadState": "not-found", "ActiveState": "inactive"}, UNKNOWN, "the unit is not-found"),
    ({"LoadState": "masked", "ActiveState": "inactive"}, UNKNOWN, "the unit is masked"),
]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    program = tmp_path / "systemctl"
    program.write_text(SYSTEMCTL.format(folder=tmp_path))
    program.chmod(0o755)
    for name in ("shown", "answer", "asked"):
        (tmp_path / name).write_text("")
    (tmp_path / "code").write_text("0")
    return Host("/", [str(tmp_path)], user_id=0)


@pytest.mark.parametrize(("shown", "state", "detail"), CASES)
def test_what_the_properties_mean(shown: dict[str, str], state: str, detail: str) -> None:
    sight = judge({**ACTIVE, **shown})
    assert (sight.state, sight.detail) == (state, detail)


def test_a_failed_unit_has_its_exit_code_and_a_missing_one_is_for_a_person() -> None:
    assert judge({**ACTIVE, "ActiveState": "failed", "ExecMainStatus": "9"}).data["exit_code"] == 9
    assert "exit_code" not in judge({**ACTIVE, "ActiveState": "failed", "ExecMainStatus": ""}).data
    assert judge({"LoadState": "masked"}).data["trouble"] == "masked"


def test_it_asks_for_the_unit_and_restarts_it(host: Host, tmp_path: Path) -> None:
    (tmp_path / "shown").write_text("\n".join(f"{key}={value}" for key, value in ACTIVE.items()) + "\n")
    one = UnitWatch("web", {"unit": "nginx.service"})
    assert one.look(host, 0).state == UP
    assert one.repair(host, 0).done
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0].startswith("show nginx.service --property=LoadState,ActiveState,")
    assert asked[1] == "restart nginx.service"
    assert list(map(list, UnitWatch.commands({"unit": "nginx.service"}))) == [["systemctl", "restart", "nginx.service"]]


def test_what_systemctl_refuses_is_told(host: Host, tmp_path: Path) -> None:
    (tmp_path / "answer").write_text("Job for nginx.service failed.")
    (tmp_path / "code").write_text("1")
    one = UnitWatch("web", {"unit": "nginx.service"})
    with pytest.raises(HostError, match=r"Job for nginx\.service failed"):
        one.repair(host, 0)
    (tmp_path / "systemctl").write_text("#!/bin/sh\necho no bus >&2\nexit 1\n")
    with pytest.raises(HostError, match="systemctl ended with 1: no bus"):
        one.look(host, 0)
    (tmp_path / "systemctl").unlink()
    with pytest.raises(Absent):
        one.look(host, 0)


def test_a_name_that_is_none_is_refused_and_two_names_of_one_unit_are_one() -> None:
    assert UnitWatch.check({"unit": "nginx"}) == []
    assert UnitWatch.check({"unit": "--now"})[0].startswith("unit ")
    assert UnitWatch.subject({"unit": "nginx"}) == UnitWatch.subject({"unit": "nginx.service"}) == "nginx.service"


def test_what_systemd_forgot_was_stopped_where_it_was_seen_to_run(host: Host, tmp_path: Path) -> None:
    def shows(**more: str) -> str:
        shown = {**ACTIVE, **more}
        (tmp_path / "shown").write_text("\n".join(f"{key}={value}" for key, value in shown.items()) + "\n")
        return one.look(host, 0).state

    one = UnitWatch("web", {"unit": "nginx.service"})
    forgotten = {"ActiveState": "inactive", "SubState": "dead", "InactiveEnterTimestampMonotonic": "0"}
    assert shows(**forgotten) == DOWN
    assert shows(ActiveState="activating", SubState="start") == STARTING
    assert shows(**forgotten) == STOPPED
