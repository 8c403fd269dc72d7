import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Absent, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.processes import PAGE_BYTES, command_words, parse_stat, process_name, socket_owners, walk


def test_a_walk_over_a_machine_with_odd_processes(machine):
    users = {}
    found = {one.pid: one for one in walk(machine("bare-metal"), users)}
    assert sorted(found) == [1, 2, 17, 700, 800, 801, 900, 901, 902]
    assert found[801].ticks == 300
    assert found[800].threads == 4
    assert found[800].resident_bytes == 5000 * PAGE_BYTES
    assert users[800, 1000] == os.stat(machine("bare-metal").path("proc/800/stat")).st_uid
    assert {pid for pid, _ in users} == {1, 700, 800, 801, 900, 901, 902}, "the kernel's threads are not asked for"
    assert sorted(pid for pid, one in found.items() if one.kernel) == [2, 17]


def test_a_process_that_ends_while_it_is_read_is_left_out(made, tmp_path):
    host = made({"proc/5/stat/is-a-folder": "", "proc/6/other": ""})
    assert list(walk(host, {})) == []
    with pytest.raises(Absent):
        list(walk(Host(str(tmp_path / "nowhere")), {}))


def test_this_machine_has_this_process():
    users = {}
    own = next(one for one in walk(Host(), users) if one.pid == os.getpid())
    assert users[own.pid, own.start_ticks] == os.geteuid()
    assert own.threads >= 1
    assert own.resident_bytes > 0
    assert "python" in " ".join(command_words(Host(), os.getpid()))


@given(st.binary(max_size=300))
def test_whatever_a_stat_file_holds_nothing_but_malformed_is_raised(content):
    try:
        parse_stat(content)
    except Malformed:
        return


@given(st.binary(min_size=1, max_size=64).filter(lambda name: b"\0" not in name))
def test_a_name_may_hold_anything(name):
    rest = b") R 1 7 7 0 -1 0 0 0 0 0 3 4 0 0 20 0 2 0 9 0 11 0 0\n"
    one = parse_stat(b"7 (" + name + rest)
    assert (one.pid, one.name, one.state, one.ppid, one.ticks, one.threads) == (7, name, "R", 1, 7, 2)
    assert (one.start_ticks, one.resident_bytes) == (9, 11 * PAGE_BYTES)


def test_in_a_container_process_2_is_not_the_kernels():
    rest = b" 2 2 0 -1 4194560 0 0 0 0 3 4 0 0 20 0 2 0 9 0 11 0 0\n"
    assert not parse_stat(b"2 (agent) S 1" + rest).kernel
    assert not parse_stat(b"9 (worker) S 2" + rest).kernel
    assert parse_stat(b"9 (kworker/0:1) I 2" + rest.replace(b"4194560", b"69238880")).kernel


def test_command_lines_and_names(machine, made):
    assert " ".join(command_words(machine("bare-metal"), 800)) == "nginx: master process -g daemon off;"
    assert command_words(machine("bare-metal"), 12345) == []
    assert process_name(machine("bare-metal"), 700) == "sshd"
    assert process_name(machine("bare-metal"), 12345) == ""


def test_owners_of_sockets(machine, made):
    host = machine("bare-metal")
    assert socket_owners(host, {1001, 1006, 9999}) == {1001: 700, 1006: 800}
    assert socket_owners(host, set()) == {}
    assert socket_owners(made({"x": ""}), {1}) == {}


def test_a_descriptor_closed_meanwhile_hides_no_other(made, tmp_path, monkeypatch):
    host = made({"proc/5/fd/.x": ""})
    (tmp_path / "proc/5/fd/.x").unlink()
    for name, target in (("1", "gone"), ("2", "socket:[42]")):
        (tmp_path / "proc/5/fd" / name).symlink_to(target)
    plain = os.readlink

    def readlink(path):
        target = plain(path)
        if target == "gone":
            raise FileNotFoundError(path)
        return target

    monkeypatch.setattr(os, "readlink", readlink)
    assert socket_owners(host, {42}) == {42: 5}


def test_the_words_of_a_command_line_are_whole_or_left_out(tmp_path):
    line = tmp_path / "proc/7/cmdline"
    line.parent.mkdir(parents=True)
    for content, words in (
        (b"", []),
        (b"app\0a b\0\0c\0", ["app", "a b", "", "c"]),
        (b"app\0" + b"x" * 9000, ["app"]),
        (b"x" * 9000, []),
    ):
        line.write_bytes(content)
        assert command_words(Host(str(tmp_path)), 7) == words
