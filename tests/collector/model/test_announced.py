"""What agents announce is read with care, and arguments are held against it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent import actions
from wakeful_collector.model.announced import OWN, Announced, announced, find, malformed, permitting, unfit

RESTART = {
    "name": "restart-web",
    "danger": "changes",
    "parameters": {
        "unit": {"kind": "choice", "choices": ["nginx.service", "php.service"]},
        "tries": {"kind": "number", "least": 1, "most": 5, "default": 1},
        "hard": {"kind": "flag", "required": False},
        "note": {"kind": "text", "pattern": "(a+)+$", "required": False},
    },
}
HELLO: dict[str, Any] = {"actions": [RESTART, {"name": "wake", "danger": "boom"}]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def test_an_unknown_danger_is_taken_for_a_change() -> None:
    assert [(one.name, one.danger) for one in announced(HELLO)] == [("restart-web", "changes"), ("wake", "changes")]


@pytest.mark.parametrize(
    "said", [None, {}, "wake", [None], [{"name": ""}], [{"name": 7}], [{"name": "x" * 129}], [{"name": "a\nb"}]]
)
def test_what_is_no_action_is_passed_over(said: Any) -> None:
    assert announced({"actions": said}) == []


def test_an_action_for_one_watch_serves_that_watch_only() -> None:
    mine = announced({"actions": [{"name": "watch.pause", "watch": "a"}, {"name": "watch.pause", "watch": "b"}]})
    found = find(mine, "watch.pause", "b")
    assert found is not None
    assert found.watch == "b"
    assert unfit(found, {"watch": "b"}) == ""
    assert find(mine, "watch.pause", "c") is None
    assert find(mine, "watch.repair", "a") is None


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"unit": "nginx.service"}, ""),
        ({"unit": "php.service", "tries": 5, "hard": True, "note": "a" * 60 + "!"}, ""),
        ({}, "the argument unit is missing"),
        ({"unit": "ssh.service"}, "unit must be one of nginx.service, php.service"),
        ({"unit": 7}, "unit must be a choice"),
        ({"unit": "nginx.service", "tries": 6}, "tries must be from 1 to 5"),
        ({"unit": "nginx.service", "tries": True}, "tries must be a number"),
        ({"unit": "nginx.service", "hard": 1}, "hard must be a flag"),
        ({"unit": "nginx.service", "force": 1}, "takes no argument 'force'; it takes unit, tries, hard, note"),
    ],
)
def test_arguments_are_held_against_what_was_announced(arguments: dict[str, Any], problem: str) -> None:
    found = find(announced(HELLO), "restart-web")
    assert found is not None
    said = unfit(found, arguments)
    assert problem in said if problem else said == ""


@pytest.mark.parametrize(
    "arguments",
    [
        {"a": ["list"]},
        {"a": {"b": 1}},
        {"a": None},
        {"": 1},
        {"x" * 65: 1},
        {"a": "x" * 1_025},
        {"a": "two\nlines"},
        {"a": 2**60},
        {"a": float("nan")},
        {"a": float("inf")},
        {str(number): 1 for number in range(33)},
    ],
)
def test_what_no_action_takes_is_malformed(arguments: dict[str, Any]) -> None:
    assert malformed(arguments)


def test_plain_values_are_arguments() -> None:
    assert malformed({"a": "x", "b": 1, "c": 1.5, "d": False}) == ""


def test_the_lines_that_would_permit_it_keep_what_is_permitted() -> None:
    lines = permitting(HELLO, "clear-cache")
    assert 'allow = ["restart-web", "wake", "clear-cache"]' in lines
    assert '[[action]]\nname = "clear-cache"' in lines
    assert permitting({}, "wake").endswith('[policy.wake]\ntargets = ["192.168.1.0/24"]')
    assert "[[action]]" not in permitting({}, "watch.pause")
    assert '[[watch]]\nname = "survival"' in permitting(HELLO, "watch.pause", "survival")


def test_the_examples_name_what_the_agent_knows() -> None:
    for name in actions.names():
        assert {option.name for option in actions.load(name).options} & {OWN[name].split(" ")[0]}, name


@given(JSON, JSON)
def test_nothing_an_agent_announces_raises(actions: Any, parameters: Any) -> None:
    hello = {"actions": [actions, {"name": "x", "parameters": parameters}, {"name": "y", "parameters": {"p": actions}}]}
    for one in announced(hello):
        assert isinstance(one, Announced)
        assert isinstance(unfit(one, {"p": 1, "q": "text"}), str)
        assert isinstance(unfit(one, {}), str)
