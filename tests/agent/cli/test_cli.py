"""The command line as people and scripts use it: real processes."""

from __future__ import annotations

import argparse
import errno
import fcntl
import json
import os
import pty
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Callable

import pytest

from wakeful_agent import cli
from wakeful_agent.cli import parser, self_test
from wakeful_wire.push import parse_push

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[..., "subprocess.CompletedProcess[str]"]


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
    assert "is right" in run("check-config").stdout
    assert json.loads(run("check-config", "--json").stdout) == {
        "ok": True,
        "problems": [],
        "warnings": [],
        "asked": ["nothing may be asked of this machine: [policy] allow names no action"],
    }


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
    assert "actions: restart_unit, " in told
    assert "watches: " in told
    assert found["checks"]["every action and every kind of watch can be loaded"] == ""


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
    assert "Traceback" not in done.stderr


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


def test_run_says_what_is_wrong_with_its_settings(run: Run, agent_folders: Path) -> None:
    (agent_folders / "config" / "agent.toml").write_text("interval_seconds = 15\nthis is wrong\n")
    done = run("run")
    assert done.returncode == 2
    assert "agent.toml:2: is not TOML" in done.stderr


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
    code = "import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(5)"
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)  # a job of a shell ignores it\n"
    program += f"from wakeful_agent import cli; from wakeful_agent.cli import parser\ndef stop(_): {code}\n"
    program += "parser.dispatch = stop\nraise SystemExit(cli.main(['once']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=10, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_the_running_agent_loads_nothing_heavy() -> None:
    heavy = ["typing", "argparse", "logging", "dataclasses", "http.client", "urllib", "tomllib", "cryptography", "hmac"]
    own = (
        "action",
        "watch",
        "guard",
        "recovery",
        "config.policy",
        "daemon.ordering",
        "daemon.keeping",
        "askable",
        "watches",
    )
    heavy += [f"wakeful_agent.{name}" for name in own]
    program = f"import sys, wakeful_agent.cli.run; print([name for name in {heavy} if name in sys.modules])"
    # Without `site`: what an environment's .pth files load is not the agent's.
    paths = [path for path in sys.path if path]
    program = f"import sys; sys.path[:] = {paths!r}; {program}"
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_what_to_mind_is_said_and_is_no_error(run: Run, agent_folders: Path) -> None:
    secret = agent_folders / "open"
    secret.write_text("x\n")
    secret.chmod(0o644)
    (agent_folders / "config" / "agent.toml").write_text(f'[meters.redis]\npassword_file = "{secret}"\n')
    done = run("check-config")
    assert done.returncode == 0
    assert f"run: chmod o-rwx,g-w {secret}" in done.stderr
    [warning] = json.loads(run("check-config", "--json").stdout)["warnings"]
    assert warning["line"] == 2


def test_addresses_are_shown_without_passwords(run: Run, agent_folders: Path) -> None:
    text = '[meters.redis]\ntargets = ["redis://:hush@h:1"]\nuser = "me"\n'
    text += '[meters.exec]\nscripts = {x = ["/bin/x", "https://me:hush@h/"]}\n'
    (agent_folders / "config" / "agent.toml").write_text(text)
    for shown in (run("show-config").stdout, run("show-config", "--json").stdout):
        assert "hush" not in shown
        assert "[redacted]@h:1" in shown


def test_the_collector_says_targets_only_where_nobody_logs_in(run: Run, agent_folders: Path) -> None:
    file = agent_folders / "config" / "agent.toml"
    file.write_text('allow_collector_targets = ["http", "ping"]\n')
    assert run("check-config").returncode == 0
    file.write_text('allow_collector_targets = ["redis"]\n')
    done = run("check-config")
    assert done.returncode == 2
    assert "names 'redis', whose targets the collector may never set" in done.stderr


def commands(made: argparse.ArgumentParser, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    shelves = [one for one in made._actions if isinstance(one, argparse._SubParsersAction)]
    below = [found for one in shelves for name, inner in one.choices.items() for found in commands(inner, (name,))]
    return [*([before] if before else []), *((*before, *found) for found in below)]


@pytest.mark.parametrize("words", commands(parser.make_parser()), ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser.make_parser().parse_args([*words, "--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"usage: wakeful-agent {' '.join(words)}" in text
    examples = text.partition("\n\nexamples:\n")[2].splitlines()
    assert f"  wakeful-agent {' '.join(words)}" in examples[0]
    for line in examples:  # each is a line that may be pasted
        told = shlex.split(line.partition(" | ")[0].partition(" > ")[0])
        assert parser.make_parser().parse_args(told[1:]).command == words[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["doctr"], "there is no 'doctr'; did you mean doctor? (there are: run, once, "),
        (["watches", "paus"], "there is no 'paus'; did you mean pause? (there are: list, "),
        (["xyzzy"], "there is no 'xyzzy' (there are: run, "),
    ],
)
def test_the_word_that_was_meant_is_named(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser.make_parser().parse_args(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_defaults_are_not_called_a_file(run: Run, agent_folders: Path) -> None:
    assert "everything is as by default" in run("check-config").stdout
    (agent_folders / "config" / "agent.toml").write_text("interval_seconds = 10\n")
    assert run("check-config").stdout.startswith(f"{agent_folders / 'config' / 'agent.toml'} and the environment are")


def test_a_full_disk_is_said_and_other_errors_stay_what_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(number: int) -> Callable[[list[str]], int]:
        def dispatch(_words: list[str]) -> int:
            raise OSError(number, os.strerror(number))

        return dispatch

    monkeypatch.setattr(parser, "dispatch", fails(errno.ENOSPC))
    assert cli.main(["probe"]) == 1
    assert capsys.readouterr().err == "wakeful-agent: it cannot be written: No space left on device\n"
    monkeypatch.setattr(parser, "dispatch", fails(errno.EACCES))
    with pytest.raises(PermissionError):
        cli.main(["probe"])
