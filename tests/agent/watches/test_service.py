"""A service of OpenRC: what `rc-service NAME status` says (its words and codes are those of openrc-run.sh)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.command import Output
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_agent.watch import DOWN, STARTING, STOPPED, UNKNOWN, UP
from wakeful_agent.watches.service import ServiceWatch, judge

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("code", "text", "failed", "state"),
    [
        (0, " * status: started", False, UP),
        (8, " * status: starting", False, STARTING),
        (16, " * status: inactive", False, STARTING),
        (32, " * status: crashed", False, DOWN),
        (3, " * status: stopped", False, STOPPED),
        (3, " * status: stopped", True, DOWN),
        (4, " * status: stopping", False, UNKNOWN),
        (32, "the database is not there", False, DOWN),
        (0, "all is well", False, UP),
        (1, " * rc-service: service `web' does not exist", False, UNKNOWN),
    ],
)
def test_what_it_says(code: int, text: str, failed: bool, state: str) -> None:
    assert judge(Output(code, "", text), failed).state == state
    assert judge(Output(code, text, ""), failed).state == state


def test_what_says_nothing_of_a_state_is_an_error() -> None:
    with pytest.raises(HostError, match="rc-service ended with 1: odd"):
        judge(Output(1, "", "odd"), False)
    assert judge(Output(1, "service `web' does not exist", ""), False).data == {"trouble": "not-found"}


def test_it_asks_rc_service_and_restarts_by_it(tmp_path: Path) -> None:
    program = tmp_path / "rc-service"
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\necho "status: crashed"\n')
    program.chmod(0o755)
    host = Host("/", [str(tmp_path)], user_id=0)
    one = ServiceWatch("web", {"service": "nginx"})
    assert one.look(host, 0).detail == "it crashed"
    assert one.repair(host, 0).done
    assert (tmp_path / "asked").read_text() == "--nocolor nginx status\nnginx restart\n"
    words = [list(one[1:]) for one in ServiceWatch.commands({"service": "nginx"})]
    assert words == [["nginx", "restart"], ["nginx", "zap"], ["nginx", "start"]]


def test_what_cannot_be_stopped_because_it_is_gone_is_forgotten_and_started(tmp_path: Path) -> None:
    program = tmp_path / "rc-service"
    script = 'case "$2" in restart) echo "failed to stop" >&2; exit 1 ;; status) echo "status: {status}" ;; esac'
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n[ "$1" = --nocolor ] && shift\n' + script)
    program.chmod(0o755)
    host = Host("/", [str(tmp_path)], user_id=0)
    one = ServiceWatch("web", {"service": "nginx"})
    program.write_text(program.read_text().replace("{status}", "crashed"))
    outcome = one.repair(host, 0)
    assert outcome.done
    assert "failed to stop" in outcome.summary
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == ["nginx restart", "--nocolor nginx status", "nginx zap", "nginx start"]
    program.write_text(program.read_text().replace("crashed", "started"))
    with pytest.raises(HostError, match="failed to stop"):
        one.repair(host, 0)


def test_a_service_that_is_called_started_and_has_no_process_is_down(tmp_path: Path) -> None:
    program = tmp_path / "rc-service"
    program.write_text('#!/bin/sh\necho "status: started"\n')
    program.chmod(0o755)
    host = Host("/", [str(tmp_path)], user_id=0)
    file = tmp_path / "it.pid"
    one = ServiceWatch("web", {"service": "nginx", "pidfile": str(file)})
    assert one.look(host, 0) == (DOWN, f"OpenRC calls it started, but there is no {file}", {})
    file.write_text(str(os.getppid()))
    assert one.look(host, 0).state == UP


def test_a_name_that_is_none_is_refused() -> None:
    assert ServiceWatch.check({"service": "nginx"}) == []
    assert ServiceWatch.check({"service": "-e"})[0].startswith("service ")
    assert ServiceWatch.subject({"service": "nginx"}) == "nginx"
