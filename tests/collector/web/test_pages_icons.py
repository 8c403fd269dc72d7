"""Icons are inline and hidden from screen readers."""

from __future__ import annotations

import pytest

from wakeful_collector.web import pages_icons


@pytest.mark.parametrize("status", ["up", "silent", "new", "conflict", "fleet", "events", "add", "settings"])
def test_what_templates_ask_for_by_name_is_there(status: str) -> None:
    drawn = pages_icons.icon(status)
    assert drawn.startswith('<svg class="icon " viewBox="0 0 16 16" aria-hidden="true"')
    assert any(shape in drawn for shape in ("<path d=", "<rect x=", "<circle cx="))


def test_a_class_is_escaped_and_an_unknown_name_is_an_error() -> None:
    assert 'class="icon &#34;x"' in pages_icons.icon("up", '"x')
    with pytest.raises(KeyError):
        pages_icons.icon("nothing")


def test_the_mark_is_hidden_from_screen_readers() -> None:
    assert 'aria-hidden="true"' in pages_icons.mark()
