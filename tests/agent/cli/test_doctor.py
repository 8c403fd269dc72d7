from __future__ import annotations

import argparse
import fcntl
import json
import os
import subprocess
from typing import TYPE_CHECKING, Any, Callable

from wakeful_agent.bootstrap import Place, user_of
from wakeful_agent.capabilities import missing
from wakeful_agent.cli import checks as checks_of
from wakeful_agent.cli import doctor
from wakeful_agent.config import Folders
from wakeful_agent.permissions.grants import find_grants

if TYPE_CHECKING:
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
        "policy": "ok",
        "enrolment": "ok",
        "dns": "ok",
        "port": "ok",
        "token": "ok",
        "clock": "ok",
        "agent": "ok",
        "disk": "ok",
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
    assert found["token"][0] == "bad"
    assert "revoked yesterday" in found["token"][1]
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
    assert found["port"] == ("bad", "nothing listens at 127.0.0.1:1")
    assert found["agent"][0] == "bad"
    tools["enrol"](agent_folders, "http://nobody.invalid:1")
    found = checks(run("doctor", "--json"))
    assert found["dns"][0] == "bad"
    assert "nobody.invalid cannot be looked up" in found["dns"][1]
    assert "port" not in found


def test_a_doctor_says_when_the_state_folder_cannot_be_written(
    agent_folders: Path, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in tools["environment"](agent_folders).items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = {check.name: check for check in checks_of._state(doctor.here(), None)}
    assert found["state"].state == "bad"
    assert "STATE_DIR" in found["state"].fix


def test_a_doctor_looks_at_the_certificate(
    run: Run, agent_folders: Path, tls_door: Any, certificate: Path, tools: Any
) -> None:
    tools["enrol"](agent_folders, tls_door.url)
    tls_door.answer = tools["refuse"](422, "unknown_wire")
    found = checks(run("doctor", "--json"))
    assert found["tls"][0] == "bad"
    assert "is not trusted" in found["tls"][1]
    assert "token" not in found
    authority = {"WAKEFUL_AGENT_CA_FILE": str(certificate / "cert.pem")}
    found = checks(run("doctor", "--json", environ=authority))
    assert found["tls"] == ("mind", "its certificate is trusted and ends in 0 days")
    assert found["token"][0] == "ok"


def test_a_doctor_names_a_token_that_others_can_read(run: Run, agent_folders: Path, door: Any, tools: Any) -> None:
    tools["enrol"](agent_folders, door.url)
    (agent_folders / "config" / "TOKEN").chmod(0o644)
    found = checks(run("doctor", "--json"))
    assert found["token"][0] == "bad"
    assert "may be read by others" in found["token"][1]


def test_a_doctor_minds_secrets_that_are_open(run: Run, agent_folders: Path) -> None:
    secret = agent_folders / "open"
    secret.write_text("x\n")
    secret.chmod(0o644)
    (agent_folders / "config" / "agent.toml").write_text(f'[meters.redis]\npassword_file = "{secret}"\n')
    found = [check for check in json.loads(run("doctor", "--json").stdout)["checks"] if check["name"] == "settings"]
    assert [check["state"] for check in found] == ["ok", "mind"]
    assert found[1]["fix"] == f"run: chmod o-rwx,g-w {secret}"


class Space:
    """What statvfs says of a filesystem with so many blocks and inodes free."""

    f_frsize = 1024 * 1024

    def __init__(self, free_mib: int, files: int, free_files: int) -> None:
        self.f_bavail, self.f_files, self.f_favail = free_mib, files, free_files


def test_a_disk_without_room_for_the_spool(monkeypatch: pytest.MonkeyPatch) -> None:
    for space, state, words in (
        (Space(1000, 5, 5), "ok", "1000 MiB are free for the spool, which may take 256 MiB"),
        (Space(100, 5, 5), "mind", "100 MiB are free"),
        (Space(1000, 5, 0), "bad", "no inodes are free"),
        (Space(1000, 0, 0), "ok", "1000 MiB"),
        (Space(2, 0, 0), "bad", "2 MiB are free"),
    ):
        monkeypatch.setattr(os, "statvfs", lambda _folder, found=space: found)
        check = checks_of._disk("/x", 256)
        assert (check.state, words in check.text) == (state, True), check


def test_whose_rights_are_looked_at(agent_folders: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for path, text in (
        ("etc/passwd", f"wakeful:x:990:990::/:/bin/false\nme:x:{os.getuid()}:0::/:/bin/sh\n"),
        ("proc/77/status", "Name:\tx\nUid:\t990\t990\t990\t990\n"),
        (f"proc/{os.getpid()}/status", f"Name:\tx\nUid:\t{os.getuid()}\t0\t0\t0\n"),
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    config, spool = str(agent_folders / "config"), str(agent_folders / "state")
    place = Place(Folders(config, spool), {}, str(root))
    assert user_of(place, 77) == "wakeful"
    assert user_of(place, 78) == ""
    for holder, state, words in (
        (77, "mind", f"sudo -u wakeful env CONFIG_DIR={config} STATE_DIR={spool} wakeful-agent doctor"),
        (os.getpid(), "ok", ""),
        (0, "ok", ""),
    ):
        monkeypatch.setattr(checks_of, "_holder", lambda _path, pid=holder: pid)
        check = checks_of.running(place)
        assert (check.state, check.fix.endswith(words)) == (state, True)


def test_who_holds_the_lock(agent_folders: Path) -> None:
    lock = agent_folders / "state" / "lock"
    assert checks_of._holder(str(lock)) is None
    for text, pid in (("", 0), ("123\n", 123), ("x", 0)):
        lock.write_text(text)
        assert checks_of._holder(str(lock)) is None
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert checks_of._holder(str(lock)) == pid


def test_what_grants_the_rest_can_be_pasted(run: Run) -> None:
    done = run("doctor", "--grants")
    assert done.returncode == 0
    subprocess.run(["sh", "-n", "-c", done.stdout], check=True)
    told = json.loads(run("doctor", "--json").stdout)["grants"]
    assert set(told) == {"user", "sudoers", "groups", "packages", "others"}
    for row in (*told["groups"], *told["packages"]):
        assert row["line"] in done.stdout


def test_grants_that_are_not_the_agents_own_are_told_as_that(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], agent_folders: Path
) -> None:
    place = Place(Folders(str(agent_folders / "config"), str(agent_folders / "state")), {})
    monkeypatch.setattr(doctor, "here", lambda: place)
    monkeypatch.setattr(checks_of, "_holder", lambda _path: os.getpid())
    wishes = argparse.Namespace(sudoers=None, grants=True)
    assert doctor.main(wishes) == 0
    assert not capsys.readouterr().err
    monkeypatch.setattr(checks_of, "_holder", lambda _path: 77)
    monkeypatch.setattr(checks_of.bootstrap, "user_of", lambda _place, pid: "wakeful" if pid == 77 else "root")
    assert doctor.main(wishes) == 0
    told = capsys.readouterr().err
    assert "the rights below are not the agent's" in told
    assert told.endswith("wakeful-agent doctor --grants\n")


def test_doctor_tells_what_grants_what(capsys: pytest.CaptureFixture[str]) -> None:
    rule = 'echo "wakeful ALL=(root) NOPASSWD: /sbin/x -a" > /etc/sudoers.d/wakeful-x'
    told = find_grants([missing("x", "no", rule, "all of x"), missing("y", "no", "modprobe y")], "wakeful")
    doctor._print_grants(told, "wakeful")
    shown = capsys.readouterr().out
    assert "  wakeful ALL=(root) NOPASSWD: /sbin/x -a\n" in shown
    assert "  #   modprobe y\n" in shown
    document = doctor._document(told, "wakeful")
    assert document["sudoers"]["rules"] == [
        {"name": "x", "line": "wakeful ALL=(root) NOPASSWD: /sbin/x -a", "exposes": "all of x"}
    ]
    assert document["others"] == [{"name": "y", "line": "modprobe y", "exposes": ""}]


def test_a_doctor_at_a_place_that_is_no_collector(run: Run, agent_folders: Path, served: Any, tools: Any) -> None:
    end = served(lambda channel: channel.sendall(b"garbage\n"))
    tools["enrol"](agent_folders, f"http://127.0.0.1:{end.port}")
    found = checks(run("doctor", "--json"))
    assert found["port"][0] == "ok"
    assert found["collector"][0] == "bad"
    assert "clock" not in found


POLICY = """\
[policy]
allow = ["restart-web", "restart_unit"]
per_hour = 7
[policy.restart_unit]
units = ["nginx.service"]
[[action]]
name = "restart-web"
argv = ["/bin/true", "{unit}", "{count}", "{word}", "{force}"]
as_root = true
[action.parameters.unit]
kind = "choice"
choices = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"]
[action.parameters.count]
kind = "number"
least = 1
most = 3
default = 1
[action.parameters.word]
kind = "text"
pattern = "[a-z]+"
[action.parameters.force]
kind = "flag"
value = "--force"
"""


def write(agent_folders: Path, text: str) -> dict[str, dict[str, str]]:
    file = agent_folders / "config" / "agent.toml"
    file.write_text(text)
    file.chmod(0o600)
    return {"environ": {"HOME": str(agent_folders)}}


def test_what_may_be_asked_is_shown_by_doctor_probe_and_check_config(run: Run, agent_folders: Path) -> None:
    more = write(agent_folders, POLICY)
    takes = "unit (a1, a2, a3, a4, a5, a6, a7, a8, ...), count? (1 to 3), word ([a-z]+), force? (true or false)"
    lines = [
        "the collector may ask for 2 actions, at most 7 times an hour:",
        f"  restart-web [changes]: {takes}",
        "  restart_unit [changes]: unit (nginx.service)",
    ]
    assert json.loads(run("check-config", "--json", **more).stdout)["asked"] == lines
    assert "\n".join(lines) in run("check-config", **more).stdout
    assert json.loads(run("probe", "--json", **more).stdout)["asked"] == lines
    assert "\n".join(lines) in run("probe", **more).stdout
    assert lines[0] in checks(run("doctor", "--json", **more))["policy"][1]


def test_one_action_is_one(run: Run, agent_folders: Path) -> None:
    more = write(
        agent_folders, '[policy]\nallow = ["restart_unit"]\n[policy.restart_unit]\nunits = ["nginx.service"]\n'
    )
    assert "the collector may ask for 1 action, at most" in run("check-config", **more).stdout


WATCHES = """\
[[watch]]
name = "page"
kind = "tcp"
address = "127.0.0.1:{port}"
action = "serve"
[[watch]]
name = "survival"
kind = "pterodactyl"
panel = "https://panel.example.org"
server = "1a7ce997"
key_file = "{folder}/panel.key"
[[action]]
name = "serve"
argv = ["/bin/true"]
"""


def test_what_is_kept_alive_is_looked_at_and_its_secrets_are_read(
    run: Run, agent_folders: Path, served: Any, tmp_path: Path
) -> None:
    end = served(lambda channel: None)
    more = write(agent_folders, WATCHES.format(port=end.port, folder=tmp_path))
    found = checks(run("doctor", "--json", **more))
    assert found["watch page"][0] == "ok"
    assert found["watch page"][1].startswith("up")
    assert found["watch survival"][0] == "mind"
    assert f"{tmp_path}/panel.key" in found["watch survival"][1]
    (tmp_path / "panel.key").write_text("ptlc_secret")
    (tmp_path / "panel.key").chmod(0o600)
    more = write(agent_folders, WATCHES.format(port=1, folder=tmp_path))
    found = checks(run("doctor", "--json", **more))
    assert found["watch page"][0] == "mind"
    assert found["watch page"][1].startswith("down: ")
    assert found["watch survival"] == ("ok", "the agent hears of it while it runs: wakeful-agent watches")


def test_by_default_nothing_may_be_asked(run: Run, agent_folders: Path) -> None:
    more = write(agent_folders, "")
    assert "nothing may be asked of this machine: [policy] allow names no action" in run("probe", **more).stdout
    more = write(agent_folders, "[policy]\nallow = ['gone']")
    assert "what may be asked here is not known" in run("probe", **more).stdout


def test_a_dry_run_is_said(run: Run, agent_folders: Path) -> None:
    more = write(agent_folders, POLICY.replace("per_hour = 7", "dry_run = true"))
    assert "30 times an hour; nothing is done (policy.dry_run):" in run("check-config", **more).stdout


def test_a_policy_that_permits_nothing_says_why(run: Run, agent_folders: Path) -> None:
    more = write(agent_folders, POLICY)
    if os.geteuid() == 0:
        os.chown(agent_folders / "config" / "agent.toml", 4242, -1)
    more["environ"]["HOME"] = "/nonexistent"
    done = run("check-config", **more)
    assert done.returncode == 0
    assert "mind: " in done.stderr
    assert "policy permits nothing" in done.stderr
    assert "nothing may be asked of this machine, although [policy] says otherwise" in done.stdout
    assert checks(run("doctor", "--json", **more))["policy"][0] == "mind"


def test_the_file_for_sudo_holds_only_what_was_asked_for(run: Run) -> None:
    done = run("doctor", "--sudoers", "smart,ceph")
    assert (done.returncode, "Defaults:" in done.stdout, "fail2ban" in done.stdout) == (0, True, False)
    assert "not on this machine: ceph" in done.stderr


def test_the_file_for_sudo_is_not_made_for_a_name_that_is_none(run: Run) -> None:
    done = run("doctor", "--sudoers", "smrt")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is nothing called 'smrt' to grant; did you mean smart? (see: wakeful-agent probe)" in done.stderr


def test_the_file_for_sudo_grants_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    rule = 'echo "wakeful ALL=(root) NOPASSWD: /sbin/x -a" > /etc/sudoers.d/wakeful-x'
    found = [missing("x", "no", rule, "all of x"), missing("y", "no", rule.replace("x -a", "y"), "all of y")]
    assert doctor._print_sudoers(found, find_grants(found, "wakeful"), "wakeful", ["x"]) == 0
    shown = capsys.readouterr().out
    assert "wakeful ALL=(root) NOPASSWD: /sbin/x -a\n" in shown
    assert "/sbin/y" not in shown
