"""Cursors lead where they came from, and no other text does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.web import kit
from wakeful_collector.web.api_shapes import from_cursor, time_or_none, to_cursor


@given(st.text())
def test_cursors_go_round(text: str) -> None:
    cursor = to_cursor(text)
    assert all(character.isascii() and (character.isalnum() or character in "-_") for character in cursor)
    assert from_cursor(cursor) == text


@pytest.mark.parametrize("cursor", ["a", "_w", "abc$"])
def test_other_texts_are_refused(cursor: str) -> None:
    with pytest.raises(kit.WebError) as caught:
        from_cursor(cursor)
    assert caught.value.status == 400


def test_times() -> None:
    assert time_or_none(None) is None
    assert time_or_none(0) == "1970-01-01T00:00:00Z"
