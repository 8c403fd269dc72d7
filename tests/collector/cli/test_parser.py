"""The word that was meant, and what a command says of itself."""

import pytest

from wakeful_collector.cli.parser import explained


@pytest.mark.parametrize("words", [("servee",), ("key", "creat"), ("user", "add", "x", "--scope", "admn")])
def test_the_word_that_was_meant_is_named(run, words):
    ran = run(*words)
    assert ran.code == 2
    assert "did you mean " in ran.err
    assert "(there are: " in ran.err


def test_a_word_that_is_like_none_is_only_answered_with_all(run):
    ran = run("xyzzy")
    assert "there is no 'xyzzy' (there are: serve, " in ran.err


def test_a_command_explains_itself_in_lines_that_fit(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    told = explained("One two three. " * 12 + "\n\nMore.", "wakeful-collector x", "wakeful-collector y")
    assert max(map(len, told["description"].splitlines())) <= 58
    assert told["description"].endswith("\n\nMore.")
    assert told["epilog"] == "examples:\n  wakeful-collector x\n  wakeful-collector y"
