"""Real processes, by pidfile, name and words: found while they run, not found when they ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest

from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.host.processes import walk
from wakeful_agent.watch import DOWN, UP
from wakeful_agent.watches.process import ProcessWatch, age_seconds, find, wanted_of

from ..conftest import until


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    mark = f"wakeful-test-{os.getpid()}"
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", mark]) as started:
        until(lambda: mark in Path(f"/proc/{started.pid}/cmdline").read_text())
        yield started
        started.kill()


def watch(**options: str) -> ProcessWatch:
    return ProcessWatch("it", options)


def test_a_pidfile_names_it(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    file = tmp_path / "it.pid"
    one = watch(pidfile=str(file))
    assert one.look(Host(), 0).detail == f"there is no {file}"
    file.write_text("")
    assert one.look(Host(), 0).detail == f"{file} names no process"
    file.write_text(f"{sleeper.pid}\n")
    sight = one.look(Host(), 0)
    assert (sight.state, sight.data) == (UP, {"pid": sleeper.pid})
    sleeper.send_signal(signal.SIGKILL)
    until(lambda: one.look(Host(), 0).state == DOWN)  # a zombie, which has ended
    sleeper.wait()
    assert one.look(Host(), 0).detail == f"process {sleeper.pid} of {file} does not run"


def test_a_pidfile_may_hold_more_below_the_number(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    file = tmp_path / "postmaster.pid"
    file.write_text(f"{sleeper.pid}\n/var/lib/postgresql/16/main\n1763716800\n5432\n/var/run/postgresql\nlocalhost\n")
    assert watch(pidfile=str(file)).look(Host(), 0).data == {"pid": sleeper.pid}


def test_a_container_whose_uptime_is_its_own_does_not_make_processes_young() -> None:
    class Contained(Host):
        """What lxcfs shows in a container: uptime from its own start, and processes' starts from the machine's."""

        def read(self, relative: str, most: int = 1 << 20) -> str:
            return "0.01 0.01\n" if relative == "proc/uptime" else super().read(relative, most)

    (own,) = [one for one in walk(Host(), {}) if one.pid == os.getpid()]
    assert age_seconds(Contained(), own) == pytest.approx(age_seconds(Host(), own), abs=5)
    assert age_seconds(Contained(), own) > 0


def test_a_pidfile_of_somebody_else_is_none_of_its_own(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    file = tmp_path / "it.pid"
    file.write_text(f"{sleeper.pid}")
    assert watch(pidfile=str(file), process="nginx").look(Host(), 0).state == DOWN
    assert watch(pidfile=str(file), process=Path(sys.executable).name).look(Host(), 0).state == UP


def test_name_and_words_find_it(sleeper: subprocess.Popen[bytes]) -> None:
    name, mark = Path(sys.executable).name, f"wakeful-test-{os.getpid()}"
    assert watch(process=name, words=mark).look(Host(), 0).data == {"pid": sleeper.pid}
    assert watch(process=name, words="no such words anywhere").look(Host(), 0).detail == "no such process runs"
    assert watch(process="no-such-program").look(Host(), 0).state == DOWN


def test_a_long_name_is_found_by_what_the_kernel_keeps_of_it(tmp_path: Path) -> None:
    program = tmp_path / "a-very-long-name-of-a-program"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "60"]) as started:
        try:
            one = watch(process=program.name)
            until(lambda: one.look(Host(), 0).state == UP)
            assert one.look(Host(), 0).data == {"pid": started.pid}
        finally:
            started.kill()


def test_of_several_the_oldest_counts_and_has_its_age(sleeper: subprocess.Popen[bytes]) -> None:
    mark = f"wakeful-test-{os.getpid()}"
    time.sleep(0.05)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", mark]) as second:
        try:
            until(lambda: mark in Path(f"/proc/{second.pid}/cmdline").read_text())
            found = find(Host(), wanted_of({"words": mark}))
            assert not isinstance(found, str)
            assert found.pid == sleeper.pid
            assert 0 <= age_seconds(Host(), found) < 60
        finally:
            second.kill()


def test_where_nobody_can_tell_it_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HostError):
        watch(process="nginx").look(Host(str(tmp_path)), 0)


def test_where_processes_are_hidden_none_is_taken_for_dead(tmp_path: Path) -> None:
    (tmp_path / "proc" / "77").mkdir(parents=True)
    (tmp_path / "it.pid").write_text("4711")
    for options in ({"process": "nginx"}, {"pidfile": "/it.pid"}):
        with pytest.raises(Denied, match="hidepid"):
            ProcessWatch("it", options).look(Host(str(tmp_path)), 0)
    (tmp_path / "proc" / "1").mkdir()
    (tmp_path / "proc" / "1" / "stat").write_text("")
    assert watch(process="nginx").look(Host(str(tmp_path)), 0).state == DOWN


def test_what_is_the_same_process() -> None:
    assert ProcessWatch.subject({"pidfile": "/run/it.pid", "words": "x"}) == "/run/it.pid x"
    assert ProcessWatch.check({"process": "nginx"}) == []
    assert ProcessWatch.check({"words": "x"}) == ["pidfile or process must be given"]
