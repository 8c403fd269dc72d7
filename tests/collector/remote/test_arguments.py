"""Words like key=value made arguments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.remote import arguments
from wakeful_collector.remote.failure import USAGE, Failure

SCHEMA = {
    "type": "object",
    "properties": {
        "host": {"type": "string"},
        "uses": {"type": "integer"},
        "hours": {"type": "number"},
        "sure": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "numbers": {"type": "array", "items": {"type": "integer"}},
        "tuning": {"type": ["object", "null"]},
        "arguments": {"type": "object"},
        "as": {"type": "string", "enum": ["a", "b"]},
        "days": {"type": ["number", "null"]},
    },
    "required": ["host"],
    "additionalProperties": False,
}


def made(*words, schema=SCHEMA):
    return arguments.by_schema(arguments.pairs(words), schema)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("uses=5", {"uses": 5}),
        ("hours=1.5", {"hours": 1.5}),
        ("sure=yes", {"sure": True}),
        ("sure=false", {"sure": False}),
        ("tags=a,b", {"tags": ["a", "b"]}),
        ('tags=["a,b"]', {"tags": ["a,b"]}),
        ("tags=", {"tags": []}),
        ("numbers=1,2", {"numbers": [1, 2]}),
        ("tuning=null", {"tuning": None}),
        ('tuning={"interval": 5}', {"tuning": {"interval": 5}}),
        ("tuning.meters.cpu=true", {"tuning": {"meters.cpu": True}}),
        ("arguments.unit=nginx.service", {"arguments": {"unit": "nginx.service"}}),
        ("arguments.n=5", {"arguments": {"n": 5}}),
        ("days=null", {"days": None}),
        ("as=a=b", {"as": "a=b"}),
    ],
)
def test_values_are_typed_by_the_schema(word, value):
    assert made("host=5", word) == {"host": "5", **value}


def test_a_list_and_an_object_can_be_given_in_pieces():
    assert made("host=h", "tags=a", "tags=b,c")["tags"] == ["a", "b", "c"]
    assert made("host=h", "arguments.a=1", "arguments.b=x")["arguments"] == {"a": 1, "b": "x"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["host"], "is no argument"),
        (["=x"], "is no argument"),
        (["hots=x"], "did you mean host?"),
        (["uses=5"], "host is missing"),
        (["host=h", "uses=many"], "uses must be NUMBER"),
        (["host=h", "uses=1.5"], "uses must be NUMBER"),
        (["host=h", "uses=true"], "uses must be NUMBER"),
        (["host=h", "sure=perhaps"], "sure must be yes|no"),
        (["host=h", "tuning=5"], "tuning must be JSON"),
        (["host=h", "host=i"], "given twice"),
        (["host=h", "arguments={}", "arguments.a=1", "arguments=5"], "arguments"),
        (["host=h", "tuning=null", "tuning.a=1"], "cannot both be given"),
        (["host=h", "arguments=[1]"], "arguments must be"),
        (["host=h", "tags=a", "tags.b=c"], "tags.b"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(words, said):
    with pytest.raises(Failure) as caught:
        made(*words)
    assert said in caught.value.message
    assert caught.value.exit_code == USAGE


def test_an_open_schema_takes_what_it_does_not_know():
    assert made("a=5", "b=x", 'c="5"', schema={"type": "object"}) == {"a": 5, "b": "x", "c": "5"}


def test_what_it_takes_is_told():
    assert arguments.describe(SCHEMA)[:3] == ["host=TEXT", "[uses=NUMBER]", "[hours=NUMBER]"]
    assert "[as=a|b]" in arguments.describe(SCHEMA)
    assert "[tuning=JSON|null]" in arguments.describe(SCHEMA)
    assert arguments.describe({}) == []


PARAMETERS = {
    "unit": {"kind": "choice", "required": True, "choices": ["nginx", "apache"]},
    "tries": {"kind": "number", "least": 1, "most": 5},
    "hard": {"kind": "flag"},
    "note": {"kind": "text"},
    "broken": "hostile",
}


def test_arguments_of_a_hosts_action():
    words = [("unit", "nginx"), ("tries", "2"), ("hard", "on"), ("note", "5")]
    assert arguments.by_parameters(words, PARAMETERS) == {"unit": "nginx", "tries": 2, "hard": True, "note": "5"}
    assert [arguments.shape(PARAMETERS[name]) for name in ("unit", "tries", "hard", "note")] == [
        "nginx|apache",
        "1..5",
        "yes|no",
        "TEXT",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "unit is missing"),
        ([("unti", "x")], "did you mean unit?"),
        ([("unit", "x"), ("tries", "many")], "must be a number"),
        ([("unit", "x"), ("hard", "perhaps")], "must be yes or no"),
        ([("broken", "x")], "not an argument"),
    ],
)
def test_what_does_not_fit_an_action(words, said):
    with pytest.raises(Failure) as caught:
        arguments.by_parameters(words, PARAMETERS)
    assert said in caught.value.message


@given(st.lists(st.text(max_size=20), max_size=4))
def test_any_words_are_arguments_or_a_failure(words):
    with pytest.raises(Failure) as caught:
        made("uses=x", *words)
    assert caught.value.exit_code == USAGE
