from __future__ import annotations

from typing import Any

import pytest

from wakeful_agent.config.parameter import Parameter, check_arguments

TEXT = Parameter("name", "text", pattern="[a-z -]{1,20}")
WHOLE = Parameter("count", "number", least=1, most=9)
SHARE = Parameter("share", "number", least=0.5, most=2)
CHOICE = Parameter("unit", "choice", choices=("a.service", "b.service"))
FLAG = Parameter("force", "flag", value="--force")


@pytest.mark.parametrize(
    ("parameter", "given", "problem"),
    [
        (TEXT, "web one", ""),
        (TEXT, "", "does not match"),
        (TEXT, "web\n", "control character"),
        (TEXT, "web1", "does not match"),
        (TEXT, "-rf", "begin with a dash"),
        (TEXT, "x" * 5000, "more than"),
        (TEXT, 5, "must be text"),
        (TEXT, None, "must be text"),
        (WHOLE, 1, ""),
        (WHOLE, 9, ""),
        (WHOLE, 10, "from 1 to 9"),
        (WHOLE, 0, "from 1 to 9"),
        (WHOLE, 2.5, "whole number"),
        (WHOLE, True, "whole number"),
        (WHOLE, "1", "whole number"),
        (SHARE, 0.75, ""),
        (SHARE, 1, ""),
        (SHARE, float("nan"), "from 0.5"),
        (SHARE, float("inf"), "from 0.5"),
        (WHOLE, 10**400, "from 1 to 9"),
        (SHARE, -(10**400), "from 0.5"),
        (SHARE, "1", "must be a number"),
        (CHOICE, "a.service", ""),
        (CHOICE, "c.service", "one of the choices"),
        (CHOICE, ["a.service"], "one of the choices"),
        (FLAG, True, ""),
        (FLAG, "yes", "true or false"),
        (FLAG, 1, "true or false"),
    ],
)
def test_an_argument_is_what_its_parameter_says(parameter: Parameter, given: Any, problem: str) -> None:
    found = parameter.problem(given)
    assert problem in found
    assert bool(found) == bool(problem)


def test_a_pattern_holds_for_the_whole_text() -> None:
    strict = Parameter("x", "text", pattern="a|ab")
    assert strict.problem("ab") == ""
    assert strict.problem("abc")


def test_digits_and_letters_are_those_of_ascii() -> None:
    digits = Parameter("x", "text", pattern=r"[\d\w]+")
    assert digits.problem("7a") == ""
    for given in ("\u0663", "\uff11", "\u00fc", "\u212a"):
        assert "does not match" in digits.problem(given)
    assert "does not match" in Parameter("x", "text", pattern="(?i)k").problem("\u212a")


def test_what_was_given_is_never_repeated() -> None:
    for parameter in (TEXT, WHOLE, CHOICE, FLAG):
        assert "hunter2" not in parameter.problem("HUNTER2hunter2!")


def test_words_of_a_command_line() -> None:
    assert FLAG.word(True) == "--force"
    assert FLAG.word(False) == ""
    assert SHARE.word(0.5) == "0.5"
    assert SHARE.word(1e-7) == "0"
    assert SHARE.word(-0.0) == SHARE.word(-1e-9) == "0", "nothing that a program takes for an option"
    assert SHARE.word(2.0) == "2"
    assert WHOLE.word(3) == "3"
    assert TEXT.word("a b") == "a b"


def test_arguments_are_taken_together() -> None:
    parameters = (TEXT, WHOLE._replace(default=3), FLAG)
    assert check_arguments(parameters, {"name": "web"}) == ({"name": "web", "count": 3, "force": False}, [])
    _, problems = check_arguments(parameters, {"count": 99, "argv": ["id"], "force": True})
    assert sorted(problems) == ["count must be from 1 to 9", "name is missing", "takes no argument 'argv'"]


def test_a_flag_can_be_true_by_default() -> None:
    assert check_arguments([FLAG._replace(default=True)], {})[0] == {"force": True}


def test_it_travels_with_what_its_kind_uses() -> None:
    assert TEXT.document() == {"kind": "text", "required": True, "pattern": "[a-z -]{1,20}"}
    assert WHOLE._replace(default=2, help="how many").document() == {
        "kind": "number",
        "required": False,
        "help": "how many",
        "default": 2,
        "least": 1,
        "most": 9,
    }
    assert CHOICE.document()["choices"] == ["a.service", "b.service"]
    assert FLAG.document() == {"kind": "flag", "required": False}
