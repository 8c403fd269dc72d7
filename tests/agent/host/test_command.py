"""Programs that behave, and those that print garbage, nothing, too much, for ever, or leave others behind."""

import os
import signal
import threading
import time

import pytest

from wakeful_agent.host import command
from wakeful_agent.host.errors import Absent, Denied, HostError, Late, Malformed
from wakeful_agent.host.files import Host


@pytest.fixture
def tool(tmp_path):
    """Return a function that writes a shell script and gives the host that finds it."""

    def make(name, text, mode=0o755):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(mode)
        return Host(str(tmp_path), programs=(str(tmp_path),))

    return make


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid):
    ends = time.monotonic() + 30
    while alive(pid) and time.monotonic() < ends:
        time.sleep(0.01)
    return not alive(pid)


def told(path):
    """Return the number that a program writes into a file, once it has."""
    ends = time.monotonic() + 30
    while not (path.exists() and path.read_text().endswith("\n")) and time.monotonic() < ends:
        time.sleep(0.01)
    return int(path.read_text())


def test_what_a_program_writes_and_how_it_ends(tool):
    host = tool("say", 'echo "out $1"; echo "err $2" >&2; exit 3')
    assert host.run(["say", "a b", "c;$(d)"]) == command.Output(3, "out a b\n", "err c;$(d)\n")
    assert host.program("say") == str(host.root) + "say"
    assert host.program("nobody") is None


def test_a_program_that_ends_by_a_signal_has_a_code_below_zero(tool):
    assert tool("die", "kill -TERM $$").run(["die"]).code == -signal.SIGTERM


def test_it_gets_its_input_whole_and_none_where_there_is_none(tool):
    host = tool("size", "wc -c")
    assert host.run(["size"], give=b"x" * 300_000).out.strip() == "300000"
    assert host.run(["size"]).out.strip() == "0"
    assert tool("deaf", "exec 0<&-; sleep 0.05; echo ok").run(["deaf"], give=b"x" * 300_000).out == "ok\n"


def test_nothing_of_the_agents_environment_goes_in(tool, monkeypatch):
    for name in ("LD_LIBRARY_PATH", "LD_PRELOAD_X", "PYTHONPATH", "_MEIPASS2", "WAKEFUL_AGENT_TOKEN", "LANG"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("HOME", "/home/x")
    seen = dict(line.split("=", 1) for line in tool("env", "/usr/bin/env").run(["env"]).out.splitlines())
    assert {name: seen[name] for name in ("LC_ALL", "HOME")} == {"LC_ALL": "C", "HOME": "/home/x"}
    assert seen["PATH"] == "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert set(seen) <= {"LC_ALL", "PATH", "PWD", "OLDPWD", "SHLVL", "_", *command._PASSED}
    assert "MORE=1\n" in tool("env", "/usr/bin/env").run(["env"], environment={"MORE": "1"}).out


def test_no_descriptor_of_the_agent_goes_in(tool, tmp_path):
    descriptor = os.open(tmp_path / "secret", os.O_RDWR | os.O_CREAT)
    os.set_inheritable(descriptor, True)
    listed = tool("fds", "ls -l /proc/$$/fd").run(["fds"]).out
    os.close(descriptor)
    assert "fds" in listed
    assert "secret" not in listed


def test_a_program_has_a_session_of_its_own(tool):
    fields = tool("session", "cat /proc/$$/stat").run(["session"]).out.split()
    assert int(fields[5]) == int(fields[0]) != os.getsid(0)


def test_signals_that_python_ignores_end_a_program(tool):
    caught = tool("status", "cat /proc/$$/status").run(["status"]).out
    ignored = int(caught.partition("SigIgn:")[2].split()[0], 16)
    assert not ignored & (1 << (signal.SIGPIPE - 1))


def test_one_that_never_ends_is_killed_with_what_it_started(tool, tmp_path):
    host = tool("forever", f"trap '' TERM INT HUP; sleep 600 & echo $! > {tmp_path}/pid; while :; do sleep 1; done")
    begun = time.monotonic()
    with pytest.raises(Late, match=r"forever did not end within 1\.5 s$"):
        host.run(["forever"], timeout_seconds=1.5)
    assert time.monotonic() - begun < 20
    assert gone(int((tmp_path / "pid").read_text()))


def test_one_that_closes_its_output_and_goes_on_is_killed(tool, tmp_path):
    with pytest.raises(Late):
        tool("mute", f"echo $$ > {tmp_path}/pid; exec >&- 2>&-; sleep 600").run(["mute"], timeout_seconds=1.5)
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_child_it_leaves_behind_holds_nobody_up(tool, tmp_path):
    begun = time.monotonic()
    assert tool("leaver", f"sleep 600 & echo $! > {tmp_path}/pid; echo done").run(["leaver"]).out == "done\n"
    assert time.monotonic() - begun < 9, "no timeout was waited for"
    assert gone(int((tmp_path / "pid").read_text()))


def test_one_that_writes_without_end_is_stopped_at_the_bound(tool):
    begun = time.monotonic()
    with pytest.raises(Malformed, match="writes more than 4194304 bytes"):
        tool("flood", "exec head -c 1000000000 /dev/zero").run(["flood"])
    assert time.monotonic() - begun < 9, "no timeout was waited for"
    with pytest.raises(Malformed, match="writes more than 10 bytes"):
        tool("little", "echo 12345678901").run(["little"], most=10)
    flood = tool("complain", "head -c 1000000 /dev/zero >&2; echo ok").run(["complain"])
    assert (flood.out, len(flood.err)) == ("ok\n", command.ERR_BYTES_MAX)


def test_bytes_that_are_no_text_and_nothing_at_all(tool):
    assert tool("binary", r"printf '\377\000\200ok'").run(["binary"]).out == "\ufffd\0\ufffdok"
    assert tool("silent", "exit 0").run(["silent"]) == command.Output(0, "", "")


def test_what_is_not_there_or_may_not_be_started(tool, tmp_path):
    host = tool("closed", "echo", mode=0o644)
    with pytest.raises(Absent, match="nobody is not installed"):
        host.run(["nobody"])
    with pytest.raises(Denied, match="closed may not be started"):
        host.run(["closed"])
    (tmp_path / "folder").mkdir()
    with pytest.raises(Absent):
        host.run(["folder"])
    (tmp_path / "odd").write_bytes(b"\0\1\2 no program")
    (tmp_path / "odd").chmod(0o755)
    with pytest.raises(HostError, match="odd: Exec format error"):
        host.run(["odd"])
    with pytest.raises(HostError, match="cannot be started: embedded null"):
        tool("plain", "echo").run(["plain", "a\0b"])
    assert host.program("closed") is None


def test_a_path_is_taken_under_the_root_and_only_fixed_folders_are_looked_in(tool, tmp_path, monkeypatch):
    host = tool("thing", "echo here")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Host().program("thing") is None
    assert Host().program("sh") in {"/usr/bin/sh", "/bin/sh"}
    assert Host(str(tmp_path)).program("sh") is None, "a machine that is not this one has none of its programs"
    assert Host(str(tmp_path)).run(["/thing"]).out == "here\n"
    assert host.apart().run(["thing"]).out == "here\n"


def test_those_that_cannot_be_killed_are_bounded(tool, monkeypatch):
    host = tool("stuck", "exec sleep 600")
    monkeypatch.setattr(command, "_kill", lambda group: None)
    monkeypatch.setattr(command, "_KILL_SECONDS", 0.0)
    monkeypatch.setattr(command, "LEFT_MAX", 1)
    with pytest.raises(Late, match="did not end"):
        host.run(["stuck"], timeout_seconds=0.1)
    with pytest.raises(Late, match="is not started: 1 programs from before"):
        host.run(["stuck"])
    [pid] = host._starter._left
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    assert tool("fine", "echo ok").run(["fine"]).out == "ok\n"
    monkeypatch.undo()
    assert host.run(["fine"]).out == "ok\n"
    assert host._starter._left == set()


def test_programs_that_run_can_be_ended_from_another_thread(tool, tmp_path):
    host = tool("long", f"sleep 600 & echo $! > {tmp_path}/pid; wait")
    ended = []
    thread = threading.Thread(target=lambda: ended.append(host.run(["long"], timeout_seconds=60)))
    thread.start()
    pid = told(tmp_path / "pid")
    host.stop_programs()
    thread.join(30)
    assert [output.code for output in ended] == [-signal.SIGKILL]
    assert gone(pid)
    assert host._starter._running == set()
    with pytest.raises(HostError, match="the agent is stopping"):
        host.run(["long"])


def test_one_that_is_being_started_when_all_are_ended_ends_too():
    starter = command.Starter()
    starter.stop()
    assert starter.run(["/bin/sleep", "600"], {}, 60, 100, b"").code == -signal.SIGKILL
    assert starter._running == starter._left == set()


def test_a_group_that_is_gone_is_no_trouble():
    command._kill(2**22 - 1)
    assert not alive(2**22 - 1)


def test_a_secret_is_read_only_where_nobody_else_can(tmp_path):
    host = Host(str(tmp_path))
    path = tmp_path / "password"
    path.write_text("hunter2 \n")
    path.chmod(0o640)
    assert host.secret("/password") == "hunter2 "
    for mode in (0o644, 0o620, 0o604):
        path.chmod(mode)
        with pytest.raises(Denied, match=f"open to others .mode {mode:04o}"):
            host.secret("/password")
    path.chmod(0o600)
    path.write_text("")
    with pytest.raises(HostError, match="is empty"):
        host.secret("/password")
    path.write_text("x" * 5000)
    with pytest.raises(Malformed):
        host.secret("/password")
    with pytest.raises(Absent):
        host.secret("/nobody")


@pytest.mark.parametrize("user_id", [0, 1000])
def test_a_command_as_root_is_run_as_it_is_by_root_and_through_sudo_by_others(tool, user_id):
    tool("sudo", 'echo "sudo $*"')
    host = tool("smart", 'echo "smart $*"')
    host.user_id = user_id
    path = host.program("smart")
    assert host.run_as_root(["smart", "-x"]).out == ("smart -x\n" if user_id == 0 else f"sudo -n {path} -x\n")
    host.check_root(["smart", "-x"])
