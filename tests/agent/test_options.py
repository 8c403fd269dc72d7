import pytest

from wakeful_agent.meter import Option
from wakeful_agent.options import check_options

OPTIONS = (
    Option("count", 10, "", least=1, most=20),
    Option("flag", False, ""),
    Option("names", [], ""),
    Option("local", False, "", local=True),
)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"count": 0}, "count must be at least 1"),
        ({"count": 21}, "count must be at most 20"),
        ({"count": True}, "count must be like 10"),
        ({"count": 1.5}, "count must be like 10"),
        ({"flag": 1}, "flag must be like False"),
        ({"names": "x"}, "names must be a list of text"),
        ({"names": [1]}, "names must be a list of text"),
        ({"local": True}, "local can only be set in the machine's own agent.toml"),
        ({"what": 1}, "what is not an option; known are: count, flag, names, local"),
    ],
)
def test_an_option_that_is_not_acceptable_is_told_with_what_would_be(given, problem):
    assert check_options(OPTIONS, {**given, "names": given.get("names", [])}, local=False)[1] == [problem]


def test_acceptable_options():
    given = {"count": 20, "flag": True, "names": ["a"], "local": True}
    assert check_options(OPTIONS, given, local=True) == (given, [])
    assert check_options((), {"x": 1}, local=True)[1] == ["x is not an option; known are: none"]


def test_what_is_permitted_is_taken_from_the_collector_too():
    assert check_options(OPTIONS, {"local": True}, False, ["local"]) == ({"local": True}, [])
    assert check_options(OPTIONS, {"local": 1}, False, ["local"])[1] == ["local must be like False"]


def test_a_whole_number_serves_where_parts_of_one_do():
    options = (Option("ratio", 0.5, ""),)
    assert check_options(options, {"ratio": 2}, True) == ({"ratio": 2}, [])
    assert check_options(options, {"ratio": True}, True)[1] == ["ratio must be like 0.5"]
    assert check_options((Option("count", 5, ""),), {"count": 2.0}, True)[1] == ["count must be like 5"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused(value):
    assert check_options((Option("ratio", 0.5, "", least=0, most=9),), {"ratio": value}, True)[1] == [
        "ratio must be a number"
    ]
