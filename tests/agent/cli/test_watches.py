"""`wakeful-agent watches`, as a person calls it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Callable

import pytest

from wakeful_agent import cli
from wakeful_agent.cli.watches import span
from wakeful_agent.daemon.memory import Memory
from wakeful_agent.standing import State

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
[[action]]
name = "restart"
argv = ["/bin/true"]

[[watch]]
name = "web"
kind = "unit"
unit = "nginx.service"

[[watch]]
name = "port"
kind = "tcp"
address = "127.0.0.1:80"
action = "restart"
dry_run = true
"""
Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    for name in ("config", "state"):
        (tmp_path / name).mkdir(mode=0o700)
        monkeypatch.setenv(f"{name.upper()}_DIR", str(tmp_path / name))
    (tmp_path / "config" / "agent.toml").write_text(FILE)
    (tmp_path / "config" / "agent.toml").chmod(0o644)

    def call(*words: str) -> tuple[int, str]:
        code = cli.main(["watches", *words])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return call


def test_how_they_stand(say: Say, tmp_path: Path) -> None:
    now_ms = time.time_ns() // 1_000_000
    down = State("waiting", due_ms=now_ms + 90_500, sight="down", detail="it failed", changed_ms=now_ms - 7_250_000)
    Memory(str(tmp_path / "state")).keep({"web": ("unit", down._replace(tried_ms=(1, 2)))}, 0)
    code, text = say()
    lines = text.splitlines()
    assert code == 0
    assert lines[0] == "The agent does not run: this is how they stood last."
    assert lines[1].split() == ["NAME", "KIND", "STATE", "PHASE", "SINCE", "TRIED", "DETAIL"]
    assert lines[2].split(None, 6) == ["web", "unit", "down", "waiting", "2h", "2/5", "it failed (next in 2m)"]
    assert lines[3].split() == ["port", "tcp", "unknown", "watching,", "dry", "run", "-", "0/5"]
    (tmp_path / "state" / "status").write_text("")
    assert say("list")[1].startswith("NAME")


def test_json(say: Say) -> None:
    code, text = say("list", "--json")
    document = json.loads(text)
    assert code == 0
    assert document["running"] is False
    assert [one["name"] for one in document["watches"]] == ["web", "port"]
    assert document["watches"][0]["paused"] is False
    for words in (("--json",), ("--json", "list")):
        assert json.loads(say(*words)[1])["watches"] == document["watches"]


def test_a_pause_and_its_end(say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
    assert say("pause", "web") == (0, "web is left alone until resumed\n")
    file = tmp_path / "state" / "paused" / "web"
    assert file.read_text() == "by ada here"
    assert "paused until it is resumed" in say()[1]
    assert say("pause", "web", "--for", "2h", "--why", "new disks") == (0, "web is left alone for 2h\n")
    assert file.read_text() == "7200s new disks"
    assert "paused for 2h" in say()[1]
    assert say("pause", "web", "--for", "90m") == (0, "web is left alone for 90m\n")
    assert say("resume", "web") == (0, "kept alive again: web\n")
    assert say("resume", "web") == (0, "web was not paused\n")


def test_maintenance_is_of_all_and_for_an_hour(say: Say, tmp_path: Path) -> None:
    assert say("maintenance") == (0, "all watches are left alone for 1h\n")
    assert (tmp_path / "state" / "paused" / "all").read_text().startswith("3600s by ")
    assert say("resume", "web") == (0, "web was not paused\nbut all watches are paused: resume all\n")
    say("pause", "port")
    code, text = say("resume", "all")
    assert code == 0
    assert {word.strip(",") for word in text.split()[3:]} == {"all", "port"}
    assert say("resume", "all") == (0, "nothing was paused\n")


def test_what_is_asked_wrong(say: Say, tmp_path: Path) -> None:
    assert say("pause", "attic") == (
        2,
        "wakeful-agent: there is no watch 'attic' in agent.toml; there are: web, port, all\n",
    )
    code, text = say("pause", "web", "--for", "soon")
    assert code == 2
    assert "must be like 30s" in text
    (tmp_path / "config" / "agent.toml").write_text("[[watch]]\n")
    assert say()[0] == 2
    (tmp_path / "config" / "agent.toml").write_text("")
    assert say() == (0, "agent.toml has no [[watch]]: nothing is kept alive here\n")
    assert "there are: none" in say("resume", "web")[1]


def test_a_state_folder_that_takes_nothing_is_said(say: Say, tmp_path: Path) -> None:
    (tmp_path / "state" / "paused").write_text("in the way")
    code, text = say("pause", "web")
    assert code == 1
    assert "Run this as root, or as the agent's user" in text


def test_what_cannot_be_read_is_said(say: Say, tmp_path: Path) -> None:
    (tmp_path / "state" / "watches.json").mkdir()
    code, text = say()
    assert code == 1
    assert "cannot be read" in text
    assert "Run this as root, or as the agent's user" in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0s"), (0, "0s"), (59, "59s"), (60, "1m"), (7200, "2h"), (200_000, "2d")]
)
def test_spans(seconds: float, text: str) -> None:
    assert span(seconds) == text
