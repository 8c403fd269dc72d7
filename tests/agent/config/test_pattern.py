from __future__ import annotations

import re
import time

import pytest

from wakeful_agent.config.parameter import TEXT_CHARACTERS_MAX
from wakeful_agent.config.pattern import problem_of


@pytest.mark.parametrize(
    "pattern",
    ["[a-z0-9-]{1,32}", r"[\w.]+@[\w.]+", r"(foo|bar)-\d{1,3}", r"a\+\+b", "[+*(]x", r"(?:ab)+", "(a{2})?", r"\(a+\)*"],
)
def test_patterns_of_every_day(pattern: str) -> None:
    assert problem_of(pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        (None, "must be a regular expression"),
        ("", "must be a regular expression"),
        (5, "must be a regular expression"),
        ("a" * 300, "more than 256"),
        ("[a", "is no regular expression"),
        ("(a+)+", "repeats a group"),
        ("(?:a|b)*", "repeats a group"),
        ("((ab)c+){2,}", "repeats a group"),
        ("(a?){9}", "repeats a group"),
        ("a*b*a*b*a*", "more than 4 places"),
        ("a?" * 30 + "a" * 30, "may be left out"),
        (r"(?u)\w+", "is no regular expression"),
    ],
)
def test_patterns_that_are_refused(pattern: object, problem: str) -> None:
    assert problem in problem_of(pattern)


@pytest.mark.parametrize("pattern", ["[a-z]*[a-z]*[a-z]*1", "(?:ab)*(?:ab)*(?:ab)*c"])
def test_what_is_let_through_ends_in_time(pattern: str) -> None:
    assert problem_of(pattern) == ""
    begun = time.monotonic()
    assert re.fullmatch(pattern, ("ab" * TEXT_CHARACTERS_MAX)[:TEXT_CHARACTERS_MAX]) is None
    assert time.monotonic() - begun < 5
