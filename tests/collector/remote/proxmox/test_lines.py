"""Lines of the console."""

import io

import pytest

from wakeful_collector.remote.failure import OK, USAGE
from wakeful_collector.remote.proxmox.lines import Console, begun, words_of
from wakeful_collector.remote.session import Session, Shell
from wakeful_collector.remote.terminal import Terminal


@pytest.fixture
def ran():
    return []


@pytest.fixture
def said():
    return io.StringIO()


@pytest.fixture
def console(ran, said):
    def run(words):
        ran.append(words)
        return 5 if "fail" in words else OK

    def candidates(words):
        ran.append(words)
        return [f"{words[-1]}x"]

    session = Session({}, shell=Shell(run, candidates))
    session.err = Terminal(said, {})
    return Console(session, ["--profile", "lab", "--json"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("guests --running", ["guests", "--running"]),
        ("describe vm 101", ["guest", "101"]),
        ("describe storage 'local zfs'", ["storage", "local zfs"]),
        ("wakeful proxmox nodes", ["nodes"]),
        ("  # nothing but a comment", []),
        ("sync # all of them", ["sync"]),
        ("", []),
    ],
)
def test_what_a_line_means(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize("text", ["describe", "describe king 1", "snapshot 'no end"])
def test_lines_that_make_no_sense(text, console, ran, said):
    with pytest.raises(ValueError, match=r"describe|quotation"):
        words_of(text)
    assert console.line(text) == USAGE
    assert ran == []
    assert said.getvalue().startswith("wakeful: ")


def test_lines_run_as_commands(console, ran):
    assert console.line("guests --running") == OK
    assert ran == [["--profile", "lab", "--json", "proxmox", "guests", "--running"]]


def test_a_cluster_in_use_goes_with_what_takes_one(console, ran, said):
    console.line("use home")
    assert console.cluster == "home"
    for line in ("guests", "guests --cluster other", "guests --cluster=other", "trust home AA", "help guests"):
        console.line(line)
    assert [words[4:] for words in ran[:4]] == [
        ["guests", "--cluster", "home"],
        ["guests", "--cluster", "other"],
        ["guests", "--cluster=other"],
        ["trust", "home", "AA"],
    ]
    assert ran[4][3:] == ["help", "proxmox", "guests"]
    console.line("use")
    assert console.cluster == ""
    assert "about home now" in said.getvalue()


def test_scripts_end_at_the_first_that_fails(console, ran):
    assert console.script("nodes\nfail\nguests\n", keep_going=False) == 5
    assert [words[-1] for words in ran] == ["nodes", "fail"]
    ran.clear()
    assert console.script("nodes\nfail\nguests\nexit\nnodes", keep_going=True) == 5
    assert [words[-1] for words in ran] == ["nodes", "fail", "guests"]


def test_the_console_is_no_place_for_another(console, ran, said):
    assert console.line("console") == OK
    assert ran == []
    assert "This is the console" in said.getvalue()


def test_what_is_offered(console, ran):
    assert console.offered("de") == ["dex", "describe"]
    assert set(console.offered("describe ")) >= {"vm", "ct", "node", "storage", "task", "cluster", "deed"}
    assert console.offered("describe st") == ["storage"]
    assert console.offered("start we") == ["wex"]
    assert ran[-1] == ["--profile", "lab", "proxmox", "start", "we"]
    console.offered("describe vm w")
    assert ran[-1] == ["--profile", "lab", "proxmox", "guest", "w"]
    console.offered("use l")
    assert ran[-1] == ["--profile", "lab", "proxmox", "status", "--cluster", "l"]
    console.offered("help st")
    assert ran[-1] == ["--profile", "lab", "proxmox", "st"]


def test_the_word_at_the_cursor():
    assert begun("") == [""]
    assert begun("start ") == ["start", ""]
    assert begun("start we") == ["start", "we"]


def test_without_a_shell_nothing_is_run():
    from wakeful_collector.remote.failure import Failure

    with pytest.raises(Failure):
        Console(Session({}), []).line("nodes")
