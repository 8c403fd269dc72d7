"""What is printed is fit for people and for programs."""

import io
import json

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
