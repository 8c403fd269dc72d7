"""The command line as people and scripts use it: real processes."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Callable

import pytest

from wakeful_agent import cli
from wakeful_agent.cli import doctor, self_test
from wakeful_wire.push import parse_push

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(agent_folders: Path, tools: Any) -> Run:
    def call(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        environ = tools["environment"](agent_folders, **more.pop("environ", {}))
        command = [sys.executable, "-m", "wakeful_agent", *arguments]
        return subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=30, check=False, cwd=agent_folders, **more
        )

    return call


@pytest.mark.parametrize("arguments", [["once"], ["--dry-run"]])
def test_once_prints_a_valid_push_and_nothing_else(run: Run, agent_folders: Path, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 0
    push = parse_push(json.loads(done.stdout))
    assert push.series is not None
    assert push.hello is not None
    assert len(push.ticks) == 1
    assert "cpu" in push.meters
    assert not list((agent_folders / "state").iterdir())


def test_once_leaves_out_what_is_switched_off(run: Run, agent_folders: Path) -> None:
    (agent_folders / "config" / "agent.toml").write_text("[meters.processes]\nenabled = false\n")
    push = json.loads(run("once").stdout)
    assert push["meters"]["processes"]["outcome"] == "disabled"
    assert "processes" not in push["inventories"]


@pytest.mark.root
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_once_works_as_anybody_with_a_home_that_cannot_be_written() -> None:
    # The interpreter itself may lie where nobody can read, so it becomes nobody after it has loaded everything.
    program = (
        "import locale, os, shutil, sys, textwrap; from wakeful_agent import cli;"
        "from wakeful_agent.cli import once, parser;"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534); sys.exit(cli.main(['once']))"
    )
    environ = {"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=30, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    push = parse_push(json.loads(done.stdout))
    assert push.ticks
    assert push.hello["user"]["uid"] == 65534


def test_a_wrong_file_ends_every_command_with_2(run: Run, agent_folders: Path) -> None:
    (agent_folders / "config" / "agent.toml").write_text("interval_seconds = 0\nnaem = 1\n")
    for arguments in (["once"], ["run"], ["show-config"], ["check-config"]):
        done = run(*arguments)
        assert done.returncode == 2, arguments
        assert "agent.toml:1: interval_seconds is 0" in done.stderr
        assert "did you mean name?" in done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
    found = json.loads(run("check-config", "--json").stdout)
    assert [problem["line"] for problem in found["problems"]] == [1, 2]


def test_a_right_file_is_said(run: Run) -> None:
    assert "are right" in run("check-config").stdout
    assert json.loads(run("check-config", "--json").stdout) == {"ok": True, "problems": []}


def test_the_settings_in_force_are_shown(run: Run, agent_folders: Path) -> None:
    (agent_folders / "config" / "agent.toml").write_text("interval_seconds = 30\n")
    done = run("show-config", environ={"WAKEFUL_AGENT_NAME": "web"})
    assert f"interval_seconds = 30    # {agent_folders}/config/agent.toml:1" in done.stdout
    assert 'name = "web"    # WAKEFUL_AGENT_NAME' in done.stdout
    shown = json.loads(run("show-config", "--json").stdout)
    assert shown["settings"]["interval_seconds"]["value"] == 30
    sample = run("show-config", "--sample").stdout
    (agent_folders / "config" / "agent.toml").write_text(sample)
    assert run("check-config").returncode == 0


def test_version_help_and_misuse(run: Run) -> None:
    assert run("--version").stdout == "wakeful-agent 0.1.0\n"
    bare = run()
    assert bare.returncode == 2
    assert "exit codes: 0 ok, 1 failure" in bare.stdout
    assert run("nonsense").returncode == 2
    assert run("enroll").returncode == 2


def test_probe_says_what_is_there(run: Run) -> None:
    done = run("probe")
    assert done.returncode == 0
    assert "+ cpu" in done.stdout
    assert "\033[" not in done.stdout
    names = {item["name"] for item in json.loads(run("probe", "--json").stdout)["capabilities"]}
    assert {"cpu", "all_processes"} <= names


def in_terminal(folder: Path, environ: dict[str, str], *arguments: str) -> str:
    """Return what a command prints on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "wakeful_agent", *arguments], env=environ, stdout=theirs, stderr=theirs, cwd=folder
    )
    os.close(theirs)
    text = b""
    while True:
        try:
            block = os.read(ours, 65536)
        except OSError:
            break
        if not block:
            break
        text += block
    process.wait(10)
    os.close(ours)
    return text.decode()


def test_colours_are_for_terminals_without_no_color(agent_folders: Path, tools: Any) -> None:
    environ = {name: text for name, text in tools["environment"](agent_folders).items() if name != "NO_COLOR"}
    assert "\033[32m+ cpu" in in_terminal(agent_folders, environ, "probe")
    assert "\033[" not in in_terminal(agent_folders, {**environ, "NO_COLOR": "1"}, "probe")


def test_the_self_test_holds_what_the_build_holds(run: Run) -> None:
    done = run("self-test", "--json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert found["ok"] is True
    assert not any(found["checks"].values())
    assert "cpu" in found["contents"]["meters"]
    told = run("self-test").stdout
    assert "ok   one collection is a valid push" in told
    assert "actions: none" in told


def test_a_reader_that_goes_away_costs_no_traceback(agent_folders: Path, tools: Any) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    command = [sys.executable, "-m", "wakeful_agent", "once"]
    environ = tools["environment"](agent_folders)
    done = subprocess.run(
        command, env=environ, stdout=theirs, stderr=subprocess.PIPE, text=True, timeout=30, check=False
    )
    os.close(theirs)
    assert done.returncode == 1
    assert done.stderr == ""


def test_a_check_that_fails_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise OSError("no such thing")

    monkeypatch.setattr(self_test, "CHECKS", {"it works": broken})
    assert self_test.main(argparse.Namespace(json=False)) == 1
    assert "FAIL it works: OSError: no such thing" in capsys.readouterr().out


# ---------------------------------------------------------------- run


def test_run_without_enrolment_says_what_to_do(run: Run) -> None:
    done = run("run")
    assert done.returncode == 2
    assert "not enrolled" in done.stderr
    assert "wakeful-collector invite" in done.stderr


def test_run_refuses_a_token_others_may_read(run: Run, agent_folders: Path, tools: Any) -> None:
    tools["enrol"](agent_folders, "http://127.0.0.1:1")
    token = agent_folders / "config" / "TOKEN"
    token.chmod(0o644)
    done = run("run")
    assert done.returncode == 2
    assert f"chmod 600 {token}" in done.stderr
    assert "wk_agt_" not in done.stderr


def test_only_one_runs_from_a_folder(run: Run, agent_folders: Path, tools: Any) -> None:
    tools["enrol"](agent_folders, "http://127.0.0.1:1")
    lock = agent_folders / "state" / "lock"
    lock.write_text("4711\n")
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = run("run")
    assert done.returncode == 1
    assert "another wakeful-agent (process 4711) runs" in done.stderr


def test_a_state_folder_that_is_no_use_is_said(run: Run, agent_folders: Path, tools: Any) -> None:
    tools["enrol"](agent_folders, "http://127.0.0.1:1")
    shutil.rmtree(agent_folders / "state")
    (agent_folders / "state").write_text("a file")
    done = run("run")
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "STATE_DIR" in done.stderr


def test_ctrl_c_ends_a_command_without_a_traceback(agent_folders: Path, tools: Any) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    program = f"from wakeful_agent import cli; from wakeful_agent.cli import parser\ndef stop(_): {code}\n"
    program += "parser.dispatch = stop\nraise SystemExit(cli.main(['once']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=10, check=False)
    assert (done.returncode, done.stderr) == (1, "")


# ---------------------------------------------------------------- enroll

GOOD = b'{"agent_id": "abcdefghijkl", "token": "wk_agt_hush"}'


def test_enroll_keeps_the_identity_and_says_what_to_do_next(run: Run, agent_folders: Path, door: Any) -> None:
    door.answer = lambda _request: (200, {}, GOOD)
    done = run("enroll", door.url, "--invite", "wk_inv_x", "--name", "web")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Enrolled at {door.url} as abcdefghijkl.\nStart it with: wakeful-agent run\n"
    assert "wk_agt_hush" not in done.stdout + done.stderr
    assert door.pushes[0]["name"] == "web"
    again = run("enroll", door.url, "--invite", "wk_inv_x")
    assert again.returncode == 2
    assert "give --again" in again.stderr
    assert run("enroll", door.url, "--invite", "wk_inv_x", "--again").returncode == 0


def test_enroll_can_go_on_as_the_running_agent(agent_folders: Path, door: Any, tools: Any) -> None:
    def answer(request: Any) -> Any:
        return (200, {}, GOOD) if request["path"] == "/api/v1/enroll" else tools["accept"](request)

    door.answer = answer
    process = subprocess.Popen(
        [sys.executable, "-m", "wakeful_agent", "enroll", door.url, "--invite", "wk_inv_x", "--run"],
        env=tools["environment"](agent_folders),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    tools["until"](lambda: len(door.requests) >= 2)
    assert door.requests[1]["path"] == "/api/v1/push"
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate(timeout=5)
    assert process.returncode == 0
    assert out.startswith("Enrolled at ")
    assert "runs, process" in error


def test_enroll_with_run_becomes_a_new_process_image(
    agent_folders: Path, door: Any, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.answer = lambda _request: (200, {}, GOOD)
    for name, text in tools["environment"](agent_folders).items():
        monkeypatch.setenv(name, text)
    became: list[Any] = []

    def execv(path: str, arguments: list[str]) -> None:
        became.extend([path, *arguments])
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", execv)
    before = os.umask(0o022)
    try:
        with pytest.raises(SystemExit):
            cli.main(["enroll", door.url, "--invite", "wk_inv_x", "--run"])
    finally:
        os.umask(before)
    assert became == [sys.executable, sys.executable, "-m", "wakeful_agent", "run"]


def test_enroll_trusts_a_pinned_certificate(run: Run, tls_door: Any, certificate: Path) -> None:
    tls_door.answer = lambda _request: (200, {}, GOOD)
    assert "not trusted" in run("enroll", tls_door.url, "--invite", "wk_inv_x").stderr
    digest = hashlib.sha256((certificate / "cert.der").read_bytes()).hexdigest()
    done = run("enroll", tls_door.url, "--invite", "wk_inv_x", "--fingerprint", f"SHA256:{digest.upper()}")
    assert done.returncode == 0, done.stderr


def test_the_invite_may_come_from_a_file_or_standard_input(run: Run, agent_folders: Path, door: Any) -> None:
    door.answer = lambda _request: (200, {}, GOOD)
    file = agent_folders / "invite"
    file.write_text("wk_inv_file\n")
    file.chmod(0o600)
    assert run("enroll", door.url, "--invite-file", str(file)).returncode == 0
    assert run("enroll", door.url, "--invite-file", "-", "--again", input="wk_inv_in\n").returncode == 0
    environ = {"WAKEFUL_AGENT_INVITE_FILE": str(file)}
    assert run("enroll", door.url, "--again", environ=environ).returncode == 0
    assert [push["invite"] for push in door.pushes] == ["wk_inv_file", "wk_inv_in", "wk_inv_file"]
    file.chmod(0o644)
    assert "chmod 600" in run("enroll", door.url, "--again", environ=environ).stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense", "--invite", "wk_inv_x"], "must start with https://"),
        (["http://u:p@127.0.0.1", "--invite", "wk_inv_x"], "must not hold a user"),
        (["http://127.0.0.1:1"], "give the invite with"),
        (["http://127.0.0.1:1", "--invite", "hello"], "an invite starts with wk_inv_"),
        (["https://127.0.0.1:1", "--invite", "wk_inv_x", "--fingerprint", "sha256:00"], "64 hex digits"),
        (["http://127.0.0.1:1", "--invite", "wk_inv_x", "--fingerprint", "0" * 64], "is for https addresses"),
    ],
)
def test_what_does_not_fit_is_said(run: Run, arguments: list[str], words: str) -> None:
    done = run("enroll", *arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_collector_that_refuses_or_is_not_there_is_said(run: Run, door: Any, tools: Any) -> None:
    door.answer = tools["refuse"](410, "expired_invite", "The invite has expired.")
    done = run("enroll", door.url, "--invite", "wk_inv_x")
    assert done.returncode == 1
    assert "The invite has expired." in done.stderr
    assert "wk_inv_x" not in done.stderr
    done = run("enroll", "http://127.0.0.1:1", "--invite", "wk_inv_x")
    assert done.returncode == 1
    assert "nobody listens there" in done.stderr
    done = run("enroll", "http://nosuch.invalid", "--invite", "wk_inv_x")
    assert "sends the token unencrypted" in done.stderr


def test_an_identity_that_cannot_be_kept_is_said(run: Run, agent_folders: Path, door: Any) -> None:
    done = run("enroll", door.url, "--invite", "wk_inv_x", environ={"CONFIG_DIR": "/proc/nosuch"})
    assert done.returncode == 1
    assert "cannot be kept" in done.stderr


# ---------------------------------------------------------------- doctor


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
