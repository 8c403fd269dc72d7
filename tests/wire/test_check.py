"""Tests of wakeful_wire.check: each small check takes what it should and names what it refuses."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_wire import check
from wakeful_wire.errors import WireError


def test_a_refusal_names_the_field() -> None:
    error = check.refuse("hello.name", "must be text")
    assert (error.code, error.status, str(error)) == ("invalid", 422, "hello.name: must be text")


def test_objects_are_bounded_and_their_keys_are_words() -> None:
    assert check.mapping({"a": 1}, "x", 1) == {"a": 1}
    assert check.mapping({"": 1}, "x") == {"": 1}
    for value, message in (
        ([], "x: must be an object"),
        ({"a": 1, "b": 2}, "x: has 2 entries, at most 1 are taken"),
        ({"a\n": 1}, "x key: must stand on one line"),
        ({"k" * 257: 1}, "x key: has 257 characters"),
        ({1: 1}, "x key: must be text"),
    ):
        with pytest.raises(WireError, match=message):
            check.mapping(value, "x", 1)


def test_lists_are_bounded() -> None:
    assert check.sequence([1, 2], "x", 2) == [1, 2]
    with pytest.raises(WireError, match="x: has 3 items, at most 2 are taken"):
        check.sequence([1, 2, 3], "x", 2)
    with pytest.raises(WireError, match="x: must be a list"):
        check.sequence((1,), "x", 2)


@given(st.characters())
def test_text_is_what_utf8_can_carry_without_control_characters(character: str) -> None:
    point = ord(character)
    fit = not (point < 0x20 and character not in "\t\n") and not 0x7F <= point <= 0x9F and not 0xD800 <= point <= 0xDFFF
    if fit:
        assert check.text(character, "x").encode() == character.encode()
    else:
        with pytest.raises(WireError, match="x: holds a control character or a lone surrogate"):
            check.text(character, "x")


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\r", "\x7f", "\x85", "\x9f", "\ud800"])
def test_unfit_characters_are_refused_wherever_they_stand(character: str) -> None:
    for value in (character, f"a{character}", f"{character}a", f"\u00e4{character}\u00e4"):
        with pytest.raises(WireError, match="x: holds a control"):
            check.text(value, "x")


def test_text_is_bounded_and_may_have_to_be_there() -> None:
    assert check.text("a\n\tb", "x") == "a\n\tb"
    assert check.text("", "x") == ""
    with pytest.raises(WireError, match="x: must not be empty"):
        check.text("", "x", empty=False)
    with pytest.raises(WireError, match="x: has 3 characters, at most 2 are taken") as caught:
        check.text("abc", "x", 2)
    assert caught.value.code == "too_long"
    with pytest.raises(WireError, match="x: must be text"):
        check.text(b"abc", "x")


@pytest.mark.parametrize(("value", "message"), [("", "empty"), ("a\nb", "one line"), ("a\tb", "one line"), (1, "text")])
def test_a_word_stands_on_one_line(value: Any, message: str) -> None:
    assert check.word("two words", "x", 9) == "two words"
    assert check.word("", "x", 9, empty=True) == ""
    with pytest.raises(WireError, match=message):
        check.word(value, "x", 9)


def test_whole_numbers_have_a_range() -> None:
    assert check.whole(0, "x", 0, 5) == 0
    assert check.whole(5, "x", 0, 5) == 5
    for value in (True, 1.0, "1", None):
        with pytest.raises(WireError, match="x: must be a whole number"):
            check.whole(value, "x", 0, 5)
    for outside in (-1, 6, 10**400):
        with pytest.raises(WireError, match="x: must be from 0 to 5"):
            check.whole(outside, "x", 0, 5)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**1000), 2**1000))
def test_numbers_are_finite_floats(value: float) -> None:
    assert check.number(value, "x") == float(value)


def test_what_is_no_number_is_refused() -> None:
    for value in (True, "1", None, []):
        with pytest.raises(WireError, match="x: must be a number"):
            check.number(value, "x")
    for infinite in (math.nan, math.inf, -math.inf):
        with pytest.raises(WireError, match="x: must be finite"):
            check.number(infinite, "x")
    with pytest.raises(WireError, match="x: is too large for a number"):
        check.number(10**400, "x")
    with pytest.raises(WireError, match="x: must be from 0 to 2"):
        check.number(2.5, "x", 0, 2)


def test_a_flag_is_true_or_false() -> None:
    assert check.flag(True, "x") is True
    for value in (1, 0, None, "true"):
        with pytest.raises(WireError, match="x: must be true or false"):
            check.flag(value, "x")


@given(st.integers(0, 12), st.sampled_from([lambda inner: [inner], lambda inner: {"k": inner}, lambda i: [0, [], i]]))
def test_depth_counts_lists_and_objects(levels: int, around: Any) -> None:
    value: Any = []
    for _ in range(levels):
        value = around(value)
    check.depth(value, "x", levels + 1)
    if levels:
        with pytest.raises(WireError, match=f"x: nests deeper than {levels} levels"):
            check.depth(value, "x", levels)


def test_a_scalar_has_no_depth() -> None:
    check.depth(5, "x", 1)
    check.depth("text", "x", 1)


def test_a_document_is_bounded_json() -> None:
    assert check.document({"a": [1, None, "\u00e4"]}, "x", 100) == {"a": [1, None, "\u00e4"]}
    for value, code, status in (
        ("x" * 99, "too_large", 413),
        ("\u00e4" * 50, "too_large", 413),
        ([math.inf], "not_finite", 422),
        (["\ud800"], "invalid", 422),
        ({"\udc00": 1}, "invalid", 422),
    ):
        with pytest.raises(WireError) as caught:
            check.document(value, "x", 100)
        assert (caught.value.code, caught.value.status) == (code, status)
