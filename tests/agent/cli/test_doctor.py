from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING, Any, Callable

from wakeful_agent.cli import doctor

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def checks(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[str, str]]:
    return {check["name"]: (check["state"], check["text"]) for check in json.loads(done.stdout)["checks"]}


def test_a_doctor_finds_nothing_wrong(run: Run, agent_folders: Path, door: Any, tools: Any) -> None:
    tools["enrol"](agent_folders, door.url)
    door.answer = tools["refuse"](422, "unknown_wire")
    lock = agent_folders / "state" / "lock"
    lock.write_text("")
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = run("doctor", "--json")
        told = run("doctor")
    assert done.returncode == 0
    found = checks(done)
    assert {name: state for name, (state, _) in found.items()} == {
        "settings": "ok",
        "enrolment": "ok",
        "collector": "ok",
        "agent": "ok",
        "spool": "ok",
        "rights": "ok",
    }
    assert told.stdout.endswith("Nothing is wrong.\n")


def test_a_doctor_finds_a_proxy_that_takes_too_little(run: Run, agent_folders: Path, door: Any, tools: Any) -> None:
    tools["enrol"](agent_folders, door.url)
    unknown = tools["refuse"](422, "unknown_wire")
    door.answer = lambda request: (413, {}, b"<html>") if len(request["body"]) > 500_000 else unknown(request)
    done = run("doctor")
    assert "answered 413 by something in between" in done.stdout
    assert "client_max_body_size 2m" in done.stdout


def test_a_doctor_names_every_trouble_and_the_way_out(run: Run, agent_folders: Path, door: Any, tools: Any) -> None:
    tools["enrol"](agent_folders, door.url)
    door.answer = tools["refuse"](401, "unknown_token", "revoked yesterday")
    door.RequestHandlerClass.date_time_string = lambda _self: "Wed, 21 Oct 2015 07:28:00 GMT"
    spool = agent_folders / "state" / "spool"
    (spool / "aside").mkdir(parents=True)
    (spool / f"0000000000005.0000000000.run12345.{'0' * 32}.push").write_text("")
    (spool / "aside" / "x").write_text("")
    try:
        done = run("doctor", "--json")
        told = run("doctor")
    finally:
        del door.RequestHandlerClass.date_time_string
    assert done.returncode == 1
    found = checks(done)
    assert found["collector"][0] == "bad"
    assert "revoked yesterday" in found["collector"][1]
    assert found["clock"][0] == "bad"
    assert "ahead of the collector's" in found["clock"][1]
    assert found["agent"] == ("bad", "it does not run")
    assert found["spool"][0] == "mind"
    assert "1 pushes wait, the oldest for" in found["spool"][1]
    assert found["aside"][0] == "mind"
    assert "enrol again: wakeful-agent enroll" in told.stdout


def test_a_doctor_on_a_fresh_machine(run: Run, agent_folders: Path) -> None:
    done = run("doctor", "--json", environ={"STATE_DIR": str(agent_folders / "nosuch")})
    assert done.returncode == 1
    found = checks(done)
    assert found["enrolment"][0] == "bad"
    assert found["state"][0] == "mind"
    (agent_folders / "config" / "agent.toml").write_text("naem = 1\n")
    assert checks(run("doctor", "--json"))["settings"][0] == "bad"


def test_a_doctor_without_a_network(run: Run, agent_folders: Path, tools: Any) -> None:
    tools["enrol"](agent_folders, "http://127.0.0.1:1")
    (agent_folders / "state" / "lock").write_text("")
    found = checks(run("doctor", "--json"))
    assert found["collector"][0] == "bad"
    assert "nobody listens there" in found["collector"][1]
    assert found["agent"][0] == "bad"


def test_a_doctor_says_when_the_state_folder_cannot_be_written(
    agent_folders: Path, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in tools["environment"](agent_folders).items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = {check.name: check for check in doctor._state(doctor.here())}
    assert found["state"].state == "bad"
    assert "STATE_DIR" in found["state"].fix
