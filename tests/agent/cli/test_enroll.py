from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Callable

import pytest

from wakeful_agent import cli
from wakeful_agent.cli import enroll

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[..., "subprocess.CompletedProcess[str]"]

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
    out, error = process.communicate(timeout=30)
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


def test_a_frozen_program_runs_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert enroll._run_again() == [sys.executable, "run"]


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
