"""Starts that come while another one is at work, and what they find of one that ended."""

from __future__ import annotations

import subprocess

from .conftest import SCRIPTS, Script, pid_of, runner, state_of


def test_two_starts_at_once_make_one_agent(environment: dict[str, str]) -> None:
    starts = [
        subprocess.Popen(["sh", SCRIPTS / "start.sh"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    said = [start.communicate(timeout=60) for start in starts]
    try:
        assert [start.returncode for start in starts] == [0, 0, 0], said
        number = pid_of(environment)
        assert all(f"process {number}".encode() in out for out, _ in said), said
    finally:
        assert runner(["sh"], environment)("stop").returncode == 0


def test_a_start_that_is_slower_than_another_takes_nothing_from_it(environment: dict[str, str]) -> None:
    state = state_of(environment)
    slow = state.parent / "a slow agent"
    waits = f'until grep -q READY=1 "{state}/status"; do sleep 0.05; done 2>/dev/null'
    slow.write_text(
        f'#!/bin/sh\n[ "$1" != check-config ] || {{ {waits}; }}\nexec "{environment["WAKEFUL_AGENT"]}" "$@"\n'
    )
    slow.chmod(0o755)
    given = {**environment, "WAKEFUL_AGENT": str(slow)}
    late = subprocess.Popen(["sh", SCRIPTS / "start.sh"], env=given, stdout=subprocess.PIPE, text=True)
    dash = runner(["sh"], environment)
    try:
        assert dash("start").returncode == 0
        number = pid_of(environment)
        assert f"runs, process {number}" in late.communicate(timeout=60)[0]
        assert late.returncode == 0
        assert dash("status").returncode == 0
        assert pid_of(environment) == number
    finally:
        late.kill()
        assert dash("stop").returncode == 0


def test_what_the_agent_before_told_is_not_believed_of_this_one(dash: Script, environment: dict[str, str]) -> None:
    state = state_of(environment)
    state.mkdir(mode=0o700)
    (state / "status").write_text("MAINPID=1\nREADY=1\nSTATUS=of old\n")
    broken = {"WAKEFUL_AGENT_LOG_FILE": str(state / "log.folder")}
    (state / "log.folder").mkdir()
    command = [environment["WAKEFUL_AGENT"], "run"]
    ran = subprocess.run(command, env={**environment, **broken}, capture_output=True, timeout=60, check=False)
    assert ran.returncode == 2
    assert not (state / "status").exists()
