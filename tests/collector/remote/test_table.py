"""Tables that fit."""

from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.remote.table import Column, Styled, lay_out, text_of
from wakeful_collector.remote.width import columns

HEADS = (Column("NAME", 4), Column("STATE"), Column("SIZE", spare=2, right=True), Column("NOTE", 6, spare=1))


def drawn(lines):
    return ["".join(text_of(piece) for piece in line).rstrip() for line in lines]


def test_with_room_everything_is_shown():
    rows = [["web", Styled("up", "good"), "5", "a note"], ["longer-name", "down", "1000", ""]]
    assert drawn(lay_out(HEADS, rows, None)) == [
        "NAME         STATE  SIZE  NOTE",
        "web          up        5  a note",
        "longer-name  down   1000",
    ]


def test_the_widest_gives_first_then_the_least_important_goes():
    rows = [["n" * 30, "up", "5", "note " * 5]]
    assert drawn(lay_out(HEADS, rows, 40))[1] == "nnnnnnnnnnn\u2026  up        5  note note no\u2026"
    assert drawn(lay_out(HEADS, rows, 24))[0].split() == ["NAME", "STATE", "NOTE"]
    assert drawn(lay_out(HEADS, rows, 13))[1] == "nnnnn\u2026  up"


def test_columns_without_anything_are_left_out():
    assert drawn(lay_out(HEADS, [["a", "up", "", ""]], None)) == ["NAME  STATE", "a     up"]
    assert drawn(lay_out(HEADS, [], None)) == ["NAME  STATE"]


def test_wide_characters_keep_columns_in_line():
    lines = drawn(lay_out(HEADS, [["\u9762\u5bff", "up", "1", "x"], ["abcd", "up", "1", "x"]], None))
    assert columns(lines[1]) == columns(lines[2])


CELLS = st.one_of(st.text(max_size=30), st.builds(Styled, st.text(max_size=30), st.just("bad")))


@given(st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=5), st.integers(1, 120))
def test_no_line_is_wider_than_the_terminal(rows, width):
    for line in drawn(lay_out(HEADS, rows, width)):
        assert columns(line) <= width
        assert line.isprintable()
