"""States are coloured alike by the server and by the page's script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wakeful_collector.web import pages_moods
from wakeful_collector.web.pages_moods import cell_mood, mood, rank, thing_mood


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("running", "ok"),
        ("ONLINE", "ok"),
        ("does not answer", "warn"),
        ("degraded", "warn"),
        ("FAULTED", "bad"),
        ("exited", "none"),
        ("anything else", "none"),
    ],
)
def test_words(word: str, expected: str) -> None:
    assert mood(word) == expected


def test_only_states_have_a_mood() -> None:
    assert cell_mood("state", "failed") == "bad"
    assert cell_mood("name", "failed") == ""
    assert cell_mood("state", "") == ""
    assert cell_mood("passed", False) == "bad"
    assert cell_mood("passed", True) == "ok"
    assert cell_mood("state", 5) == ""


def test_a_list_of_things_is_as_its_worst() -> None:
    members = [{"device": "sda", "state": "active"}, {"slot": 1, "state": "missing"}]
    assert cell_mood("members", members) == "bad"
    assert cell_mood("names", ["failed"]) == ""
    assert thing_mood({"state": "ok", "health": "warning"}) == "warn"


def test_what_is_well_and_what_says_nothing_stand_alike() -> None:
    assert rank(["ok"]) == rank([""]) == rank(["none"])
    assert rank(["ok", "bad"]) < rank(["warn"]) < rank(["ok"])


def test_the_script_colours_alike() -> None:
    script = (Path(pages_moods.__file__).parent / "static/js/strip.js").read_text()
    for name, ours in (("BAD", pages_moods.BAD), ("WARN", pages_moods.WARN)):
        found = re.search(rf"const {name} = /\^\(([\w|]+)\)\$/", script)
        assert found is not None
        theirs = set(found[1].split("|"))
        assert not theirs & (pages_moods.OK | (pages_moods.WARN if name == "BAD" else pages_moods.BAD)), name
        assert len(theirs & ours) > 0.7 * len(theirs), name
