"""How much room text takes, and hostile text made harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.remote.width import columns, cut, fill, harmless, wrapped

WIDE = "\u9762\u5bff\u53f8"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\tc\r", "a\\x0ab\\x09c\\x0d"),
        ("\x9b2J\x7f", "\\x9b2J\\x7f"),
        ("\u202eevil", "\\u202eevil"),
        ("\udc80", "\\udc80"),
        ("\U000e0041", "\\U000e0041"),
        (WIDE, WIDE),
        (7, "7"),
    ],
)
def test_what_a_terminal_would_act_on_is_spelled_out(text, shown):
    assert harmless(text) == shown


@given(st.text())
def test_harmless_text_is_printable_and_stays_so(text):
    assert harmless(text).isprintable()
    assert harmless(harmless(text)) == harmless(text)


@pytest.mark.parametrize(
    ("text", "room"), [("abc", 3), (WIDE, 6), ("e\u0301", 1), ("\u2764\ufe0f", 2), ("\U0001f600", 2), ("", 0)]
)
def test_columns(text, room):
    assert columns(text) == room


def test_what_is_cut_is_marked():
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdef", 4) == "abc\u2026"
    assert cut(WIDE, 4) == WIDE[0] + "\u2026"
    assert cut("abc", 0) == ""
    assert cut("abcdef", 4, "~") == "abc~"


@given(st.text().map(harmless), st.integers(0, 40))
def test_nothing_takes_more_than_its_room(text, room):
    assert columns(cut(text, room)) <= room
    assert columns(fill(cut(text, room), room)) == room


@given(st.text().map(harmless), st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_no_letter(text, room):
    lines = wrapped(text, room)
    assert all(columns(line) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_lines_break_between_words():
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("x" * 10, 4) == ["xxxx", "xxxx", "xx"]
    assert wrapped("", 10) == [""]
    assert fill("a", 3) == "a  "
    assert fill("a", 3, right=True) == "  a"
