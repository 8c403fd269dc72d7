"""Parameters are read once, by one table; what does not fit is named with a hint."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.web.kit_parameters import (
    TIME,
    TIME_PATTERN,
    Misfit,
    Parameter,
    choice,
    parse_time,
    read,
    whole,
    words,
)

NOW = 1_795_000_000_000


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("now", NOW),
        ("-1h", NOW - 3_600_000),
        ("now-90s", NOW - 90_000),
        ("-2w", NOW - 14 * 86_400_000),
        ("-999999y", 0),
        ("1763719200", 1_763_719_200_000),
        ("1763719200.125", 1_763_719_200_125),
        ("2025-11-21T10:00:00Z", 1_763_719_200_000),
        ("2025-11-21T12:00:00+02:00", 1_763_719_200_000),
        ("2025-11-21T10:00:00.5Z", 1_763_719_200_500),
    ],
)
def test_times(text: str, time_ms: int) -> None:
    assert parse_time(text, NOW) == time_ms
    assert re.search(TIME_PATTERN, text)


NO_TIMES = (
    "", "yesterday", "-1", "1h", "-1h ", "nan", "inf", "1e9", "99999999999", "2025-11-21", "2025-13-01T00:00:00Z",
    "2025-11-21T10:00:00", "2025-11-21 10:00:00Z", "\u0661", "9999999999.9", "-1\u0661h",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_TIMES)
def test_no_times(text: str) -> None:
    with pytest.raises(Misfit) as caught:
        parse_time(text, NOW)
    assert "now" in caught.value.hint


@given(st.from_regex(TIME_PATTERN, fullmatch=True))
def test_what_the_pattern_permits_is_a_time_or_a_day_too_many(text: str) -> None:
    try:
        assert 0 <= parse_time(text, NOW) <= 4_102_444_800_000
    except Misfit as error:
        assert "outside" in str(error) or text[8:10] > "28"  # noqa: PT017 - both ends are right, a third is not


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        assert parse_time(text, NOW) >= 0
    except Misfit as error:
        assert error.hint  # noqa: PT017 - both ends are right, a third is not


PARAMETERS = (
    Parameter("from", TIME, "Begin", default="-1h"),
    Parameter("points", whole(1, 100), "Points"),
    Parameter("sort", choice("name", "age"), "Order", default="name"),
    Parameter("tag", words(5, "^[a-z]+$", "give letters"), "Tag", repeated=True, at_most=2),
    Parameter("name", words(5), "Give a name", required=True),
)


def test_defaults_and_values() -> None:
    found = read(PARAMETERS, {"name": ["x"], "tag": ["a", "b"], "points": ["7"]}, NOW)
    assert found == {"from": NOW - 3_600_000, "points": 7, "sort": "name", "tag": ["a", "b"], "name": "x"}


@pytest.mark.parametrize(
    ("given_texts", "said", "hint"),
    [
        ({}, "name is missing", "Give a name"),
        ({"name": ["x", "y"]}, "name is given 2 times", "once"),
        ({"name": ["x"], "tag": ["a", "b", "c"]}, "tag is given 3 times", "at most 2 times"),
        ({"name": ["toolong"]}, "name has 7 characters", "1 to 5"),
        ({"name": [""]}, "name has 0 characters", "1 to 5"),
        ({"name": ["x"], "tag": ["A"]}, "tag is 'A'", "give letters"),
        ({"name": ["x"], "points": ["0"]}, "points is '0'", "1 to 100"),
        ({"name": ["x"], "points": ["1.5"]}, "points is '1.5'", "1 to 100"),
        ({"name": ["x"], "points": ["9" * 5000]}, "points is", "1 to 100"),
        ({"name": ["x"], "sort": ["size"]}, "sort is 'size'", "name, age"),
        ({"name": ["x"], "nmae": ["x"]}, "'nmae' is not a parameter", "this takes from, points"),
        ({"name": ["x"], "from": ["soon"]}, "from is 'soon'", "-1h"),
    ],
)
def test_misfits_are_named(given_texts: dict[str, list[str]], said: str, hint: str) -> None:
    with pytest.raises(Misfit) as caught:
        read(PARAMETERS, given_texts, NOW)
    assert said in str(caught.value)
    assert hint in caught.value.hint
