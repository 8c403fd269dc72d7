"""The scripts for users without root, run for real by every shell they may meet, in folders with spaces in them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from wakeful_agent.config.folders import find

from ..conftest import until
from .conftest import ROOT, SCRIPTS, SHELLS, Script, pid_of, runner, settle, state_of


def ended(number: int) -> bool:
    """Tell whether a process is gone, or waits only for its parent to notice."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_life_from_start_to_stop(script: Script, environment: dict[str, str]) -> None:
    assert script("status").returncode == 3
    started = script("start")
    assert started.returncode == 0, started.stderr
    number = pid_of(environment)
    assert f"runs, process {number}" in started.stdout
    again = script("start")
    assert (again.returncode, again.stdout) == (0, f"wakeful-agent: runs already, process {number}\n")

    status = script("status")
    assert status.returncode == 0
    assert f"runs, process {number}\n  status:  Sampling every" in status.stdout
    assert re.search(r"waiting: \d+ pushes", status.stdout)

    refreshed = script("refresh")
    assert (refreshed.returncode, refreshed.stderr) == (0, "")
    assert "they are in force" in refreshed.stdout
    assert pid_of(environment) == number
    assert "agent.toml was read again and is in force\n" in script("logs").stdout
    assert script("logs", "-n", "1").stdout.count("\n") == 1

    stopped = script("stop")
    assert (stopped.returncode, stopped.stdout) == (0, "wakeful-agent: is stopped\n")
    until(lambda: ended(number))
    assert script("status").returncode == 3
    assert script("stop").returncode == 0
    assert "stopping on SIGTERM" in script("logs").stdout


def test_killed_hard_it_is_dead_and_starts_again(script: Script, environment: dict[str, str]) -> None:
    assert script("start").returncode == 0
    number = pid_of(environment)
    os.kill(number, signal.SIGKILL)
    until(lambda: ended(number))
    status = script("status")
    assert (status.returncode, status.stdout) == (1, "")
    assert f"process {number} ended without being stopped" in status.stderr
    assert script("refresh").returncode == 7
    assert script("start").returncode == 0
    assert pid_of(environment) != number
    assert script("status").returncode == 0
    assert script("stop").returncode == 0


def test_the_number_of_another_process_fools_nobody(script: Script, environment: dict[str, str]) -> None:
    state = state_of(environment)
    state.mkdir()
    with subprocess.Popen(["sleep", "60"]) as other:
        for text in (f"{other.pid}\n", "", "../../1\n", "1 2\n", "999999999\n"):
            (state / "lock").write_text(text)
            assert script("status").returncode == 3
            assert script("refresh").returncode == 7
            assert script("stop").returncode == 0
        assert other.poll() is None
        other.kill()


def test_wrong_settings_change_nothing_and_are_said(dash: Script, environment: dict[str, str]) -> None:
    assert dash("start").returncode == 0
    (Path(environment["CONFIG_DIR"]) / "agent.toml").write_text('interval = "soon"\n')
    refused = dash("refresh")
    assert refused.returncode == 6
    assert "interval is not a setting" in refused.stderr
    assert "agent.toml is wrong: the settings that were in force stay in force" in refused.stderr
    assert "agent.toml is wrong" in dash("status").stdout
    (Path(environment["CONFIG_DIR"]) / "agent.toml").write_text("tags = []\n")
    assert dash("refresh").returncode == 0
    assert "Sampling every" in dash("status").stdout
    assert dash("stop").returncode == 0


def test_what_keeps_it_from_starting_is_said(dash: Script, environment: dict[str, str]) -> None:
    config = Path(environment["CONFIG_DIR"])
    (config / "agent.toml").write_text('tags = "x"\n')
    wrong = dash("start")
    assert wrong.returncode == 6
    assert "tags must be a list" in wrong.stderr
    (config / "agent.toml").write_text('log_level = "info"\n')
    (config / "TOKEN").chmod(0o644)
    loose = dash("start")
    assert loose.returncode == 1
    assert "may be read by others" in loose.stderr
    (config / "identity.json").unlink()
    nobody = dash("start")
    assert nobody.returncode == 6
    assert "is not enrolled" in nobody.stderr
    assert dash("status").returncode == 3


def limited_path(folder: Path) -> str:
    """Return a PATH with the system's tools and without an agent."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for name in (
        "id",
        "sed",
        "dirname",
        "readlink",
        "sleep",
        "cat",
        "tail",
        "rm",
        "mkdir",
        "nohup",
        "grep",
        "find",
        "wc",
    ):
        found = shutil.which(name)
        assert found
        if not (tools / name).exists():
            (tools / name).symlink_to(found)
    return str(tools)


def test_without_setsid_and_crontab_it_starts_too(dash: Script, environment: dict[str, str]) -> None:
    started = dash("start", PATH=limited_path(state_of(environment).parent))
    assert started.returncode == 0, started.stderr
    assert "crontab" not in started.stdout
    assert dash("stop").returncode == 0


def test_without_a_program_it_says_so(tmp_path: Path, environment: dict[str, str]) -> None:
    copy = shutil.copytree(SCRIPTS, tmp_path / "elsewhere" / "scripts")
    given = {**environment, "WAKEFUL_AGENT": "", "HOME": str(tmp_path), "PATH": limited_path(tmp_path)}
    done = subprocess.run(["/bin/sh", copy / "start.sh"], env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert "set WAKEFUL_AGENT to its path" in done.stderr


def test_a_script_is_found_through_a_link_and_the_program_beside_it(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    share = tmp_path / "an environment" / "share" / "wakeful-agent"
    shutil.copytree(SCRIPTS, share)
    (share.parents[1] / "bin").mkdir()
    shutil.copy(environment["WAKEFUL_AGENT"], share.parents[1] / "bin" / "wakeful-agent")
    link = tmp_path / "start"
    link.symlink_to(share / "start.sh")
    given = {**environment, "WAKEFUL_AGENT": "", "PATH": limited_path(tmp_path)}
    done = subprocess.run([link], env=given, capture_output=True, text=True, check=False)
    try:
        assert done.returncode == 0, done.stderr
    finally:
        stopped = subprocess.run([share / "stop.sh"], env=given, capture_output=True, text=True, check=False)
    assert stopped.stdout == "wakeful-agent: is stopped\n"


def test_one_that_does_not_listen_is_killed(dash: Script, environment: dict[str, str]) -> None:
    assert dash("start").returncode == 0
    number = pid_of(environment)
    os.kill(number, signal.SIGSTOP)
    stopped = dash("stop", "1")
    assert stopped.returncode == 0
    assert "does not listen, it is killed" in stopped.stdout
    assert dash("status").returncode == 3
    assert dash("stop", "soon").returncode == 2


def follows(number: int, path: Path) -> bool:
    """Tell whether a process has read a file to its end."""
    for descriptor in Path(f"/proc/{number}/fd").iterdir():
        try:
            if os.readlink(descriptor) == str(path):
                told = Path(f"/proc/{number}/fdinfo/{descriptor.name}").read_text()
                return int(told.partition("pos:")[2].split()[0]) == path.stat().st_size
        except FileNotFoundError:  # closed while we looked
            continue
    return False


def test_the_log_is_followed(dash: Script, environment: dict[str, str]) -> None:
    assert dash("logs").returncode == 3
    assert dash("start").returncode == 0
    command = ["sh", str(SCRIPTS / "logs.sh"), "-f", "-n", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as follower:
        try:
            until(lambda: follows(follower.pid, state_of(environment) / "agent.log"))
            assert dash("refresh").returncode == 0
            assert follower.stdout is not None
            assert any("agent.toml was read again" in line for line in follower.stdout)
        finally:
            follower.terminate()
    log = state_of(environment) / "agent.log"
    (log.parent / "agent.log.1").write_text("older\n")
    assert dash("logs", "-n", "1000").stdout.startswith("older\n")
    for words in (["-n", "x"], ["-x"], ["more"]):
        assert dash("logs", *words).returncode == 2
    assert dash("stop").returncode == 0


def test_the_line_for_cron_starts_it(tmp_path: Path, environment: dict[str, str]) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    kept = tmp_path / "kept"
    (tools / "crontab").write_text(f'#!/bin/sh\ncat "{kept}" 2>/dev/null\n')
    (tools / "crontab").chmod(0o755)
    given = {**environment, "STATE_DIR": environment["STATE_DIR"] + " at 50%"}
    given["PATH"] = f"{tools}:{os.environ['PATH']}"
    run = runner(["dash"], given)
    started = run("start")
    assert started.returncode == 0, started.stderr
    line = started.stdout.splitlines()[-1]
    assert line.startswith("@reboot CONFIG_DIR='")
    assert run("stop").returncode == 0
    kept.write_text(line + "\n")
    # What cron makes of it: an escaped % is a %, the rest goes to /bin/sh with next to no environment.
    command = line[len("@reboot ") :].replace("\\%", "%")
    bare = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LOGNAME": "x", "SHELL": "/bin/sh"}
    assert subprocess.run(["/bin/sh", "-c", command], env=bare, check=False, timeout=60).returncode == 0
    try:
        again = run("start")
        assert "runs already" in again.stdout
        assert run("stop").returncode == 0
        assert "@reboot" not in run("start").stdout, "the crontab has it"
    finally:
        assert run("stop").returncode == 0


@pytest.mark.parametrize("name", ["start", "stop", "status", "refresh", "logs"])
def test_every_script_explains_itself(dash: Script, name: str) -> None:
    for word in ("-h", "--help"):
        shown = dash(name, word)
        assert shown.returncode == 0
        assert "Exit codes: 0" in shown.stdout
        assert "#" not in shown.stdout
        assert "set -eu" not in shown.stdout
    assert dash(name, "nonsense").returncode == 2


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[-1])
@pytest.mark.parametrize(
    "environ",
    [
        {"HOME": "/home/me"},
        {"HOME": "/home/me", "XDG_CONFIG_HOME": "/x y/c", "XDG_STATE_HOME": "/x y/s"},
        {"HOME": "/home/me", "XDG_CONFIG_HOME": "", "STATE_DIR": "/elsewhere"},
        {"HOME": "/home/me", "XDG_CONFIG_HOME": "/x", "CONFIG_DIR": "/c"},
    ],
)
@pytest.mark.parametrize("user_id", [0, 1000])
def test_the_folders_are_the_agents(shell: list[str], environ: dict[str, str], user_id: int) -> None:
    program = f'id() {{ echo {user_id}; }}; here=/; set -eu; . "{SCRIPTS}/place.sh"; printf "%s|%s" "$config" "$state"'
    given = {**environ, "PATH": "/usr/bin:/bin"}
    done = subprocess.run([*shell, "-c", program], env=given, capture_output=True, text=True, check=True)
    folders = find(environ, user_id)
    assert done.stdout == f"{folders.config}|{folders.state}"


@pytest.mark.root
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_somebody_without_any_right_runs_it_from_home() -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        home.chmod(0o755)
        shutil.copytree(ROOT / "agent" / "src", home / "src", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(SCRIPTS, home / "scripts")
        settle(home / ".config")
        (home / ".config" / "my config").rename(home / ".config" / "wakeful")
        program = home / "agent"
        # The tests' own interpreter may lie where only root can look.
        python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else os.path.realpath(sys.executable)
        program.write_text(f'#!/bin/sh\nPYTHONPATH="{home}/src" exec {python} -B -m wakeful_agent "$@"\n')
        program.chmod(0o755)
        for path in [home, *home.rglob("*")]:
            os.chown(path, 65534, 65534)
        given = {"HOME": name, "PATH": "/usr/bin:/bin", "WAKEFUL_AGENT": str(program)}
        become = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--no-new-privs",
            "--bounding-set=-all",
        ]

        def run(script: str) -> subprocess.CompletedProcess[str]:
            command = [*become, str(home / "scripts" / f"{script}.sh")]
            return subprocess.run(command, env=given, capture_output=True, text=True, check=False, cwd="/")

        started = run("start")
        try:
            assert started.returncode == 0, started.stderr
            state = home / ".local" / "state" / "wakeful-agent"
            assert (state / "lock").stat().st_uid == 65534
            assert run("refresh").returncode == 0
            assert run("status").returncode == 0
            log = (state / "agent.log").read_text()
            assert not re.search(r"meter \w+: (failed|timeout)", log), log
            assert oct((state / "agent.log").stat().st_mode)[-3:] == "600"
        finally:
            stopped = run("stop")
        assert stopped.stdout == "wakeful-agent: is stopped\n"
