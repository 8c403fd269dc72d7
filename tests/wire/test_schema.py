"""Tests of wakeful_wire.schema: series lists and their hash."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_wire import limits
from wakeful_wire.errors import WireError
from wakeful_wire.schema import Series, parse_schema, parse_series, schema_hash, series


def test_the_hash_of_today_is_the_hash_of_the_first_release() -> None:
    assert schema_hash([]) == "4f53cda18c2baa0c0354bb5f9a3ecbe5"
    assert schema_hash([series("system.cpu.time", mode="user", cpu="0")]) == schema_hash(
        [series("system.cpu.time", cpu="0", mode="user")]
    )


def test_order_of_the_series_counts() -> None:
    one, two = series("a"), series("b")
    assert schema_hash([one, two]) != schema_hash([two, one])


@given(st.text(min_size=1, max_size=3), st.text(min_size=1, max_size=3))
def test_different_lists_have_different_hashes(first: str, second: str) -> None:
    lists = {(Series(first),), (Series(first, (("l", second),)),), (Series(first), Series(second, (("l", ""),)))}
    assert len({schema_hash(list(columns)) for columns in lists}) == len(lists)


def test_a_list_is_read_back() -> None:
    columns = [series("system.disk.io", device="sda", direction="read"), series("system.uptime")]
    assert parse_series([column.document() for column in columns]) == columns


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        (None, "invalid", "series: must be a list"),
        ([None], "invalid", r"series\[0\]: must be a pair"),
        ([["a"]], "invalid", r"series\[0\]: must be a pair"),
        ([["a", {}, {}]], "invalid", r"series\[0\]: must be a pair"),
        ([["", {}]], "invalid", r"series\[0\] name: must not be empty"),
        ([[7, {}]], "invalid", r"series\[0\] name: must be text"),
        ([["n" * 129, {}]], "too_long", r"series\[0\] name: has 129"),
        ([["a\x07", {}]], "invalid", r"series\[0\] name: holds a control character"),
        ([["a\nb", {}]], "invalid", r"series\[0\] name: must stand on one line"),
        ([["a", []]], "invalid", r"series\[0\] labels: must be an object"),
        ([["a", {str(n): "" for n in range(17)}]], "too_many", r"series\[0\] labels: has 17"),
        ([["a", {"": "x"}]], "invalid", r"series\[0\] label name: must not be empty"),
        ([["a", {"l" * 65: "x"}]], "too_long", r"series\[0\] label name: has 65"),
        ([["a", {"l": 1}]], "invalid", r"series\[0\] label l: must be text"),
        ([["a", {"l": "x" * 10_000}]], "too_long", r"series\[0\] label l: has 10000"),
        ([["a", {"l": "\ud800"}]], "invalid", r"series\[0\] label l: holds a control character or a lone surrogate"),
        ([["a", {}], ["a", {}]], "duplicate_series", "series: names a series twice"),
    ],
)
def test_what_is_not_a_series_list_is_refused(value: Any, code: str, message: str) -> None:
    with pytest.raises(WireError, match=message) as caught:
        parse_series(value)
    assert (caught.value.code, caught.value.status) == (code, 422)


def test_a_hundred_thousand_series_are_refused_before_they_are_read() -> None:
    with pytest.raises(WireError, match="series: has 100000 items") as caught:
        parse_series([["not", "looked", "at"]] * 100_000)
    assert (caught.value.code, caught.value.status) == ("too_many_series", 413)


def test_hostile_names_stay_text() -> None:
    names = ["<script>alert(1)</script>", "'; DROP TABLE agents; --", "../../etc/passwd", "{{ 7 * 7 }}", "$(reboot)"]
    assert [column.name for column in parse_series([[name, {"l": name}] for name in names])] == names


def test_the_bounds_themselves_are_taken() -> None:
    labels = {f"{n:064d}": "v" * limits.LABEL_VALUE_CHARACTERS_MAX for n in range(limits.LABELS_MAX)}
    assert len(parse_series([["n" * limits.NAME_CHARACTERS_MAX, labels]])[0].labels) == limits.LABELS_MAX
    assert len(parse_series([[str(n), {}] for n in range(limits.SERIES_MAX)])) == limits.SERIES_MAX


@pytest.mark.parametrize("value", ["", "0" * 31, "0" * 33, "g" * 32, "F" * 32, None, 5])
def test_a_hash_is_32_lower_case_hex_digits(value: Any) -> None:
    with pytest.raises(WireError, match="schema"):
        parse_schema(value)
    assert parse_schema("0123456789abcdef" * 2) == "0123456789abcdef" * 2
