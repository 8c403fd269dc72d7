"""`wakeful-agent update`, as a person calls it: what is permitted, what is asked, what is said."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Callable

import pytest

from wakeful_agent import cli
from wakeful_agent.cli import update
from wakeful_agent.config.folders import find

from ..update.workshop import KEY, installed, publish

if TYPE_CHECKING:
    from pathlib import Path

Say = Callable[..., "tuple[int, str, str]"]
START = """#!/bin/sh
basename "$(readlink '{home}/current')" >"$STATE_DIR/proven"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation of 1.0 whose service comes up with whatever release is current."""
    folder = installed(tmp_path / "home", "1.0")
    (folder / "scripts").mkdir()
    for name, body in (("stop.sh", "#!/bin/sh\n"), ("start.sh", START.format(home=folder))):
        (folder / "scripts" / name).write_text(body)
        (folder / "scripts" / name).chmod(0o755)
    (tmp_path / "config").mkdir()
    (tmp_path / "state").mkdir()
    return folder


@pytest.fixture
def say(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run the command from a folder with releases; return code, output and errors."""
    for name in list(os.environ):
        if name.startswith("WAKEFUL_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    mask = os.umask(0o022)
    os.umask(mask)

    def call(*words: str) -> tuple[int, str, str]:
        code = cli.main(["update", "--home", str(home), "--from", str(tmp_path / "dist"), *words])
        os.umask(mask)
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def let(tmp_path: Path, allow: str, key: str | None = KEY) -> None:
    lines = ["[update]", f'allow = "{allow}"', *([f'key = "{key}"'] if key else [])]
    (tmp_path / "config" / "agent.toml").write_text("\n".join(lines) + "\n")


def test_a_release_is_taken_by_itself_where_the_file_says_so(say: Say, home: Path, tmp_path: Path) -> None:
    publish(tmp_path / "dist", "2.0")
    let(tmp_path, "auto")
    code, out, err = say()
    assert (code, err) == (0, "")
    assert "release 2.0 runs, and the collector accepts its pushes" in out
    assert os.readlink(home / "current") == "versions/2.0"
    assert "release 2.0 is the newest" in say()[1]
    publish(tmp_path / "dist", "1.9")
    assert "release 2.0 is the newest" in say("--yes")[1]


def test_one_that_failed_is_not_tried_again_by_itself(say: Say, home: Path, tmp_path: Path) -> None:
    publish(tmp_path / "dist", "2.0")
    let(tmp_path, "auto")
    (home / "scripts" / "start.sh").write_text("#!/bin/sh\n")
    code, out, _ = say("--wait", "0.2")
    assert code == 1
    assert "nothing has changed" in out
    code, out, _ = say("--wait", "0.2")
    assert code == 3
    assert "failed here before" in out
    assert say("--wait", "0.2", "--yes")[0] == 1


@pytest.mark.parametrize("release_there", [True, False])
def test_a_trial_that_was_interrupted_ends_though_nothing_newer_is_there(
    say: Say, home: Path, tmp_path: Path, release_there: bool
) -> None:
    let(tmp_path, "auto")
    (tmp_path / "home" / "previous").symlink_to("versions/1.0")
    (home / "current").unlink()
    installed(home, "2.0")
    (home / "trial").write_text("2.0\n")
    if release_there:
        publish(tmp_path / "dist", "2.0")
    say("--check")
    (home / ".installing").mkdir()
    (home / ".installing" / "pid").write_text(f"{os.getpid()}\n")
    say()
    assert os.readlink(home / "current") == "versions/2.0"
    over = subprocess.Popen(["true"])
    over.wait()
    (home / ".installing" / "pid").write_text(f"{over.pid}\n")  # it was killed, and could take nothing away
    code, out, _ = say()
    assert code == (3 if release_there else 1)
    assert "2.0 never proved itself" in out
    assert os.readlink(home / "current") == "versions/1.0"


def test_never_is_never(say: Say, tmp_path: Path) -> None:
    publish(tmp_path / "dist", "2.0")
    for settings in ("", "[update]\n"):
        (tmp_path / "config" / "agent.toml").write_text(settings)
        code, _, err = say("--yes")
        assert code == 4
        assert "no release is taken without a key" in err
    let(tmp_path, "never")
    code, _, err = say("--yes")
    assert code == 4
    assert 'allow = "ask"' in err
    assert say("--check")[0] == 3


def test_no_variable_permits_it(say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path / "dist", "2.0")
    let(tmp_path, "never")
    monkeypatch.setenv("WAKEFUL_AGENT_UPDATE_ALLOW", "auto")
    code, _, err = say("--yes")
    assert code == 2
    assert "WAKEFUL_AGENT_UPDATE_ALLOW" in err


@pytest.mark.skipif(os.getuid() != 0, reason="needs another owner")
def test_a_file_that_is_not_roots_permits_nothing(say: Say, tmp_path: Path) -> None:
    publish(tmp_path / "dist", "2.0")
    let(tmp_path, "auto")
    os.chown(tmp_path / "config" / "agent.toml", 65534, 65534)
    assert say("--yes")[0] == 4


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code"), [("n\n", 3), ("\n", 3), ("", 3), ("y\n", 0)])
def test_a_person_is_asked(say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    publish(tmp_path / "dist", "2.0")
    let(tmp_path, "ask")
    assert "wants a person to say yes" in say()[1]
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert say()[0] == code


def test_what_cannot_be_taken_is_said(say: Say, home: Path, tmp_path: Path) -> None:
    let(tmp_path, "auto")
    assert say()[0] == 1
    publish(tmp_path / "dist", "2.0")
    path = next((tmp_path / "dist").glob("*.tar.xz"))
    path.write_bytes(path.read_bytes()[:-1])
    code, _, err = say()
    assert code == 1
    assert "WRONG CHECKSUM" in err
    (home / "current").unlink()
    code, _, err = say()
    assert code == 1
    assert "holds no agent that install.sh put there" in err
    (tmp_path / "config" / "agent.toml").write_text("nonsense = 1\n")
    assert say()[0] == 2


def test_a_disk_that_fails_is_said(say: Say, home: Path, tmp_path: Path) -> None:
    publish(tmp_path / "dist", "2.0")
    let(tmp_path, "auto")
    (home / ".updating").mkdir()
    code, _, err = say()
    assert code == 1
    assert "was not touched" in err


def test_without_an_address_the_collector_is_asked(say: Say, tmp_path: Path, home: Path) -> None:
    let(tmp_path, "auto")
    assert cli.main(["update", "--home", str(home)]) == 1
    identity = {"agent_id": "a", "url": "http://127.0.0.1:1", "fingerprint": None, "enrolled_ms": 0}
    (tmp_path / "config" / "identity.json").write_text(json.dumps(identity))
    assert cli.main(["update", "--home", str(home)]) == 1


def test_everybody_has_a_usual_place(monkeypatch: pytest.MonkeyPatch) -> None:
    from wakeful_agent.bootstrap import Place

    place = Place(find({"HOME": "/home/x"}, 1000), {"HOME": "/home/x"})
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert update._home(place) == "/opt/wakeful-agent"
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert update._home(place) == "/home/x/.local/opt/wakeful-agent"
