"""What is printed is fit for people and for programs."""

import errno
import io
import json
import os
import subprocess
import sys

import pytest

from wakeful_collector import cli
from wakeful_collector.cli import output


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_colour_is_for_people_who_did_not_forbid_it(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert output.coloured("ok", "ok", Terminal()) == "\033[32mok\033[0m"
    assert output.coloured("ok", "ok", io.StringIO()) == "ok"
    monkeypatch.setenv("NO_COLOR", "1")
    assert output.coloured("ok", "ok", Terminal()) == "ok"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert output.coloured("ok", "ok", Terminal()) == "ok"


def test_tables_are_aligned(capsys):
    output.say_table(("ID", "NAME"), [("1", "first"), ("200", "x")])
    assert capsys.readouterr().out == "ID   NAME\n1    first\n200  x\n"


def test_json_is_one_ascii_line(capsys):
    output.say_json({"name": "M\u00fcller\n"})
    text = capsys.readouterr().out
    assert text.isascii()
    assert text.count("\n") == 1
    assert json.loads(text) == {"name": "M\u00fcller\n"}


def test_asides_and_errors_are_not_results(capsys):
    output.say_aside("aside")
    output.say_error("wrong")
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err == "aside\nerror: wrong\n"


def test_hostile_text_cannot_steer_the_terminal():
    assert output.plain("a\033[2Jb\rc") == "a?[2Jb?c"


def test_an_error_carries_its_exit_code():
    assert output.CommandError("x").exit_code == 1
    assert output.CommandError("x", 4).exit_code == 4


FULL = "No space left on device"


@pytest.mark.parametrize(
    ("program", "words"),
    [("wakeful_collector.cli", ["check-config"]), ("wakeful_collector.remote", ["--help"]), ("wakeful_agent.cli", [])],
)
def test_an_output_that_is_full_is_no_traceback(program, words, tmp_path):
    call = f"import sys; from {program} import main; sys.exit(main({words or ['check-config']}))"
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CONFIG_DIR": str(tmp_path)}
    with open("/dev/full", "w") as full:
        argv = [sys.executable, "-u", "-c", call]
        done = subprocess.run(argv, env=environ, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert f"it cannot be written: {FULL}" in done.stderr


def test_other_errors_of_the_system_stay_what_they_are(run, monkeypatch):
    monkeypatch.setattr(cli.settings, "_check", lambda _: os.stat("/nothing/here"))
    with pytest.raises(FileNotFoundError):
        run("check-config")
    monkeypatch.setattr(cli.settings, "_check", lambda _: _full())
    assert (run("check-config").code, FULL in run("check-config").err) == (1, True)


def _full():
    raise OSError(errno.ENOSPC, FULL)
