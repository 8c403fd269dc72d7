"""The console's prompt: its history and what it offers."""

import io
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.proxmox import prompting
from wakeful_collector.remote.proxmox.lines import Console
from wakeful_collector.remote.session import Session, Shell
from wakeful_collector.remote.terminal import Terminal


@pytest.fixture
def ran():
    return []


@pytest.fixture
def console(ran):
    session = Session({}, shell=Shell(lambda words: ran.append(words) or OK, lambda words: [f"{words[-1]}b-1"]))
    session.err = Terminal(io.StringIO(), {})
    return Console(session, [])


def conversed(console, environ, text):
    """In a thread of its own: the browser's tests leave a loop running in the main one."""

    def sit() -> int:
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            keys.send_text(text)
            return prompting.converse(console, environ)

    with ThreadPoolExecutor(1) as chair:
        return chair.submit(sit).result()


def test_lines_are_run_until_somebody_leaves(console, ran, tmp_path):
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    assert conversed(console, environ, "nodes\rexit\r") == OK
    assert conversed(console, environ, "guests\r\x03\x04") == OK
    assert ran == [["proxmox", "nodes"], ["proxmox", "guests"]]
    assert prompting.place(environ).read_text() == "nodes\nexit\nguests\n"


def test_the_history_is_ours_alone_and_holds_no_secrets(tmp_path):
    kept = prompting.Kept(tmp_path / "deep" / "history")
    assert list(kept.load_history_strings()) == []
    for line in ("nodes", "add lab secret=hush", "set web password=x", "add lab secret=@file", "  ", "a\nb"):
        kept.store_string(line)
    file = tmp_path / "deep" / "history"
    assert file.read_text() == "nodes\nadd lab secret=@file\na b\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(kept.load_history_strings()) == ["a b", "add lab secret=@file", "nodes"]


def test_the_history_is_bounded_and_never_follows_a_link(tmp_path, monkeypatch):
    monkeypatch.setattr(prompting, "ENTRIES_MAX", 3)
    file = tmp_path / "history"
    file.write_text("".join(f"line {number}\n" for number in range(7)))
    os.chmod(file, 0o644)
    kept = prompting.Kept(file)
    assert list(kept.load_history_strings()) == ["line 6", "line 5", "line 4"]
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("line 4\nline 5\nline 6\n", 0o600)
    other = tmp_path / "other"
    other.write_text("mine\n")
    file.unlink()
    file.symlink_to(other)
    kept.store_string("nodes")
    assert other.read_text() == "mine\n"


def test_where_the_history_is(tmp_path):
    assert str(prompting.place({"XDG_STATE_HOME": "/x"})) == "/x/wakeful/console-history"
    assert str(prompting.place({"HOME": "/h"})) == "/h/.local/state/wakeful/console-history"


def test_what_fits_takes_the_place_of_the_word(console):
    found = list(prompting.Offering(console).get_completions(Document("start we"), CompleteEvent()))
    assert [(one.text, one.start_position) for one in found] == [("web-1", -2)]
