"""The launcher takes a release back that never came up: by itself, in every shell, and only when it is on trial."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Callable

import pytest

ROOT = Path(__file__).parents[2]
SHELLS = (["dash"], ["bash"], ["busybox", "ash"])
Launch = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation of two releases, the newer of which falls over."""
    folder = tmp_path / "a home"
    for version, body in (("1.0", 'echo "1.0 $*"'), ("2.0", 'echo "2.0 $*"; [ "${1-}" != run ] || exit 7')):
        program = folder / "versions" / version / "wakeful-agent"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
    shutil.copy(ROOT / "packaging" / "launch.sh", folder / "launch")
    (folder / "current").symlink_to("versions/2.0")
    (folder / "previous").symlink_to("versions/1.0")
    (folder / "trial").write_text("2.0\n")
    (tmp_path / "state").mkdir()
    return folder


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[-1])
def launch(request: pytest.FixtureRequest, home: Path, tmp_path: Path) -> Launch:
    if shutil.which(request.param[0]) is None:
        pytest.skip(f"{request.param[0]} is not installed")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "STATE_DIR": str(tmp_path / "state")}
        command = [*request.param, str(home / "launch"), *words]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=30)

    return run


def test_a_release_that_falls_over_three_times_is_taken_back(launch: Launch, home: Path) -> None:
    for _ in range(3):
        assert launch("run").returncode == 7
    done = launch("run")
    assert (done.returncode, done.stdout) == (0, "1.0 run\n")
    assert "release 2.0 did not come up, 1.0 runs again" in done.stderr
    assert os.readlink(home / "current") == "versions/1.0"
    assert (home / "failed").read_text() == "2.0\n"
    assert not (home / "trial").exists()
    assert launch("run").stdout == "1.0 run\n"


def test_a_machine_whose_tools_fail_still_starts_the_release_before(home: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tmp_path / "state" / "starts").write_text("2.0 3\n")
    environ = {**os.environ, "STATE_DIR": str(tmp_path / "state"), "PATH": f"{tools}:{os.environ['PATH']}"}

    def run() -> str:
        command = [str(home / "launch"), "run"]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=30).stdout

    def put(tool: str, body: str) -> None:
        (tools / tool).write_text(f"#!/bin/sh\n{body}\n")
        (tools / tool).chmod(0o755)

    put("ln", "exit 1")
    assert run() == "1.0 run\n"
    assert os.readlink(home / "current") == "versions/2.0", "a disk that takes no link leaves the one there is"
    (tools / "ln").unlink()
    put("mv", f'[ "$1" != -fT ] || exit 1; exec {shutil.which("mv")} "$@"')
    assert run() == "1.0 run\n"
    assert os.readlink(home / "current") == "versions/1.0", "a mv that does not know -T"


def test_other_words_are_passed_on_and_count_nothing(launch: Launch, tmp_path: Path) -> None:
    for _ in range(5):
        assert launch("check-config", "--json").stdout == "2.0 check-config --json\n"
    assert not (tmp_path / "state" / "starts").exists()


def test_a_release_that_has_proven_itself_stays(launch: Launch, home: Path, tmp_path: Path) -> None:
    (tmp_path / "state" / "proven").write_text("2.0\n")
    for _ in range(5):
        assert launch("run").returncode == 7
    assert os.readlink(home / "current") == "versions/2.0"


def test_one_that_is_not_on_trial_stays(launch: Launch, home: Path, tmp_path: Path) -> None:
    (home / "trial").unlink()
    for _ in range(5):
        assert launch("run").returncode == 7
    assert not (tmp_path / "state" / "starts").exists()


def test_starts_of_another_release_do_not_count(launch: Launch, tmp_path: Path) -> None:
    for text in ("1.9 3", "2.0 nonsense", "2.0 99999", "2.0", ""):
        (tmp_path / "state" / "starts").write_text(f"{text}\n")
        assert launch("run").returncode == 7
        assert (tmp_path / "state" / "starts").read_text() == "2.0 1\n"


def test_root_takes_back_before_the_agent_starts(launch: Launch, home: Path, tmp_path: Path) -> None:
    (tmp_path / "state" / "starts").write_text("2.0 2\n")
    assert launch("--settle").returncode == 0
    assert os.readlink(home / "current") == "versions/2.0"
    (tmp_path / "state" / "starts").write_text("2.0 3\n")
    assert launch("--settle").returncode == 0
    assert os.readlink(home / "current") == "versions/1.0"


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user")
def test_the_agents_user_passes_over_what_it_may_not_change(home: Path, source: Path) -> None:
    place = source / "home"
    shutil.copytree(home, place, symlinks=True)
    state = source / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", str(place / "launch"), "run"]
    ran = []
    for _ in range(5):
        environ = {**os.environ, "STATE_DIR": str(state)}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=30)
        ran.append(done.stdout)
    assert ran == ["2.0 run\n"] * 3 + ["1.0 run\n"] * 2
    assert os.readlink(place / "current") == "versions/2.0"
    assert (place / "trial").exists()


def test_without_a_release_before_there_is_nothing_to_go_back_to(launch: Launch, home: Path) -> None:
    (home / "previous").unlink()
    for _ in range(5):
        assert launch("run").returncode == 7
    (home / "previous").symlink_to("versions/gone")
    assert launch("run").returncode == 7


def test_a_current_release_that_is_not_there_is_passed_over(launch: Launch, home: Path) -> None:
    shutil.rmtree(home / "versions" / "2.0")
    assert launch("run").stdout == "1.0 run\n"
    assert os.readlink(home / "current") == "versions/1.0"


def test_what_lies_in_the_state_folder_cannot_hang_it(launch: Launch, home: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "state" / "proven")
    os.mkfifo(tmp_path / "state" / "starts.pipe")
    (tmp_path / "state" / "starts").mkdir()
    assert launch("run").returncode == 7
    assert launch("--settle").returncode == 0
