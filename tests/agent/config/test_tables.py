from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.config.metering import Origin
from wakeful_agent.config.tables import Table

if TYPE_CHECKING:
    from wakeful_agent.config.errors import Problem

LINES = {"action.0": 3, "action.0.name": 4, "action.0.parameters.unit": 7}


def table(body: Any) -> tuple[Table, list[Problem]]:
    problems: list[Problem] = []
    return Table("action.0", "restart", body, Origin("agent.toml", LINES, {}), problems), problems


@pytest.mark.parametrize(
    ("body", "key", "read"),
    [
        ({"x": 5}, "x", lambda one: one.text("x")),
        ({"x": "a" * 2000}, "x", lambda one: one.text("x")),
        ({"x": "a\n"}, "x", lambda one: one.text("x")),
        ({"x": "a"}, "x", lambda one: one.texts("x", 5)),
        ({"x": ["a", ""]}, "x", lambda one: one.texts("x", 5)),
        ({"x": ["a"] * 6}, "x", lambda one: one.texts("x", 5)),
        ({"x": 1}, "x", lambda one: one.flag("x", True)),
        ({"x": "c"}, "x", lambda one: one.choice("x", "a", ["a", "b"])),
        ({"x": []}, "x", lambda one: one.choice("x", "a", ["a", "b"])),
        ({"x": 2.5}, "x", lambda one: one.number("x", 1, 0, 5, whole=True)),
        ({"x": 9}, "x", lambda one: one.number("x", 1, 0, 5)),
        ({"x": float("nan")}, "x", lambda one: one.number("x", 1, 0, 5)),
        ({"x": True}, "x", lambda one: one.number("x", 1, 0, 5)),
        ({"x": "1"}, "x", lambda one: one.any_number("x")),
        ({"x": float("inf")}, "x", lambda one: one.any_number("x")),
        ({"x": 1}, "x", lambda one: one.table("x")),
        ({"x": 1}, "x", lambda one: one.only(["y"])),
    ],
)
def test_what_is_wrong_is_told_with_the_nearest_line(body: Any, key: str, read: Any) -> None:
    one, problems = table(body)
    read(one)
    (problem,) = problems
    assert problem.line == 3
    assert problem.text.startswith("restart")
    assert key in problem.text
    assert one.wrong


def test_what_is_right_is_returned() -> None:
    body = {"a": "t", "b": ["x"], "c": False, "d": "two", "e": 3, "f": 2.5, "g": {"h": 1}}
    one, problems = table(body)
    assert (one.text("a"), one.texts("b", 3), one.flag("c", True)) == ("t", ["x"], False)
    assert (one.choice("d", "one", ["one", "two"]), one.number("e", 1, 1, 5), one.any_number("f")) == ("two", 3, 2.5)
    assert one.table("g").body == {"h": 1}
    one.only(list(body))
    assert not problems
    assert not one.wrong


def test_what_is_not_said_has_its_default() -> None:
    one, problems = table({})
    assert (one.text("a"), one.texts("b", 3), one.flag("c", True)) == ("", [], True)
    assert (one.choice("d", "one", ["one", "two"]), one.number("e", 1, 1, 5), one.any_number("f")) == ("one", 1, 0)
    assert one.table("g").body == {}
    assert not problems


def test_a_table_below_makes_the_one_above_wrong() -> None:
    one, problems = table({"parameters": {"unit": {}}})
    one.table("parameters").table("unit", "parameter unit").say("kind", "must be given", "a hint")
    assert one.wrong
    assert [str(problem) for problem in problems] == ["agent.toml:7: parameter unit: kind must be given\n    a hint"]


def test_what_is_no_table_says_so() -> None:
    one, problems = table([1])
    assert one.body == {}
    assert "must be a table" in problems[0].text
