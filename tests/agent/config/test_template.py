from __future__ import annotations

from typing import Any

import pytest

from wakeful_agent.config.parameter import Parameter
from wakeful_agent.config.template import check, fill

TEXT = Parameter("x", "text", pattern=".*")
FLAG = Parameter("f", "flag", value="--now")


def test_each_word_stays_one_word() -> None:
    argv = ["/bin/echo", "{x}", "a={x}!", "{f}", "{{x}}", "plain"]
    assert check(argv, (TEXT, FLAG)) == []
    filled = fill(argv, (TEXT, FLAG), {"x": "a; rm -rf / $(id) `id` {f} \u00e4", "f": True})
    hostile = "a; rm -rf / $(id) `id` {f} \u00e4"
    assert filled == ["/bin/echo", hostile, f"a={hostile}!", "--now", "{x}", "plain"]
    assert fill(argv, (TEXT, FLAG), {"x": "", "f": False}) == ["/bin/echo", "", "a=!", "{x}", "plain"]


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        ("echo {x}", "must be a list of words"),
        ([], "must be a list of words"),
        (["/bin/echo", 5], "must be a list of words"),
        (["echo", "{x}"], "absolute path"),
        (["/bin/../bin/echo", "{x}"], "absolute path"),
        (["/bin/{x}", "{x}"], "absolute path"),
        (["/bin/echo", "{x}", ""], "empty"),
        (["/bin/echo", "{x}", "a\0b"], "empty"),
        (["/bin/echo", "{x}", *["a"] * 64], "at most 64"),
        (["/bin/echo", "{x}", "{y}"], "names {y}, which is no parameter"),
        (["/bin/echo"], "does not use the parameter x"),
        (["/bin/echo", "{x}", "{"], "single brace"),
        (["/bin/echo", "{x}", "{X}"], "single brace"),
        (["/bin/sh", "-c", "echo {x}"], "program's text"),
        (["/usr/bin/env", "bash", "-ec", "{x}"], "program's text"),
        (["/usr/bin/python3.11", "-c", "print('{x}')"], "program's text"),
        (["/bin/sh", "-cecho {x}"], "program's text"),
        (["/bin/su", "web", "--command=id {x}"], "program's text"),
        (["/usr/bin/su", "web", "-c", "{x}"], "program's text"),
        (["/usr/bin/awk", "{{ print }} {x}"], "program's text"),
        (["/bin/sed", "-e", "s/a/{x}/"], "program's text"),
        (["/usr/bin/perl", "-e", "{x}"], "program's text"),
    ],
)
def test_what_is_wrong_with_a_template(argv: Any, problem: str) -> None:
    (found,) = check(argv, (TEXT,))
    assert problem in found


def test_a_shell_may_get_arguments_behind_its_text() -> None:
    assert check(["/bin/sh", "-c", 'exec restart "$1"', "sh", "{x}"], (TEXT,)) == []
    assert check(["/opt/scripts/deploy.sh", "{x}"], (TEXT,)) == []


def test_a_flag_is_a_word_of_its_own() -> None:
    assert "part of a word" in check(["/bin/echo", "--{f}"], (FLAG,))[0]
