"""The check of arguments says what does not fit and what would."""

from __future__ import annotations

from typing import Any

import pytest

from wakeful_collector.operations.arguments import Unfit, check

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 8, "pattern": "^[a-z]+$"},
        "age": {"type": ["integer", "null"], "minimum": 0, "maximum": 150},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2, "uniqueItems": True},
        "scope": {"type": "string", "enum": ["read", "admin"]},
        "at": {"type": "string", "pattern": "^[012][0-4]:", "description": "a time like 22:30"},
        "ratio": {"type": "number"},
        "on": {"type": "boolean"},
        "more": {"type": "object", "properties": {"deep": {"type": "integer"}}},
    },
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "value",
    [
        {"name": "ada"},
        {"name": "ada", "age": None, "tags": ["a", "b"], "scope": "read", "ratio": 1.5, "on": False},
        {"name": "ada", "age": 36, "ratio": 2, "more": {"deep": 1, "other": "taken"}},
    ],
)
def test_what_fits_is_taken(value: Any) -> None:
    assert check(value, PERSON) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "the body must be an object"),
        ({}, "name is missing"),
        ({"name": 1}, "name must be text"),
        ({"name": ""}, "name must have 1 to 8 characters"),
        ({"name": "abcdefghi"}, "name must have 1 to 8"),
        ({"name": "ADA"}, "name must look like"),
        ({"name": "ada", "at": "25:00"}, "at must be a time like 22:30"),
        ({"name": "a\n"}, "name holds a control character"),
        ({"name": "ada", "age": True}, "age must be a whole number or null"),
        ({"name": "ada", "age": 1.0}, "age must be a whole number"),
        ({"name": "ada", "age": 151}, "age must be from 0 to 150"),
        ({"name": "ada", "ratio": 1e300}, "ratio must be from"),
        ({"name": "ada", "tags": []}, "tags must name at least 1"),
        ({"name": "ada", "tags": ["a", "b", "c"]}, "tags has 3 items, at most 2"),
        ({"name": "ada", "tags": ["a", "a"]}, "tags names something twice"),
        ({"name": "ada", "tags": ["a", 1]}, r"tags\[1\] must be text"),
        ({"name": "ada", "scope": "root"}, "scope must be one of read, admin"),
        ({"name": "ada", "on": 1}, "on must be true or false"),
        ({"name": "ada", "more": {"deep": "x"}}, "more.deep must be a whole number"),
        ({"name": "ada", "other": 1}, "other is not known; known are name, age"),
    ],
)
def test_what_does_not_fit_is_named(value: Any, said: str) -> None:
    with pytest.raises(Unfit, match=said):
        check(value, PERSON)


def test_a_schema_without_a_type_takes_anything() -> None:
    assert check({"a": [1, "x", None]}, {}) is None


def test_lines_are_taken_only_where_they_are_meant() -> None:
    key = "-----BEGIN-----\r\n\tabc\n"
    check(key, {"type": "string", "format": "lines"}, "key")
    for text, schema in ((key, {"type": "string"}), ("a\x00b", {"type": "string", "format": "lines"})):
        with pytest.raises(Unfit, match="key holds a control character"):
            check(text, schema, "key")
