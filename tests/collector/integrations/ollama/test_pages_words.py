"""Every state and every end of a request has words, and what nobody knows is said as it is."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.ollama import pages_words
from wakeful_collector.integrations.ollama.states import State
from wakeful_collector.store.gateway_history import OUTCOMES
from wakeful_collector.store.gateway_leases import KINDS, REQUEST
from wakeful_collector.web import pages_icons


def test_every_state_has_a_mood_a_word_and_an_icon() -> None:
    assert set(pages_words.STATES) == {one.value for one in State}
    for state in State:
        _, word, icon = pages_words.state(state)
        assert word
        assert "<svg" in pages_icons.icon(icon)
    assert pages_words.state("new-one") == ("none", "new-one", "info")
    assert pages_words.state("")[1] == "Not known yet"


def test_every_end_of_a_request_and_every_kind_of_lease_has_words() -> None:
    assert set(pages_words.OUTCOMES) == set(OUTCOMES)
    assert set(pages_words.KINDS) == set(KINDS) - {REQUEST}
    assert pages_words.outcome("odd_end") == ("none", "odd end")


def test_who_made_it_turn_is_said_where_it_was_somebody() -> None:
    said = [pages_words.by(one) for one in ("user:mira", "request", "idle", "itself", "", "stranger")]
    assert said == ["by mira", "for a request", "", "", "", "by stranger"]
    assert pages_words.who("key:laptop") == "laptop"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (-3, "0 s"), (59, "59 s"), (240, "4 min"), (7_200, "2 h"), (172_800, "2 d")]
)
def test_durations_have_one_unit(seconds: float, said: str) -> None:
    assert pages_words.span(seconds) == said


def test_numbers_have_their_noun() -> None:
    said = [pages_words.count(number, "request") for number in (0, 1, 2)]
    assert said == ["no requests", "1 request", "2 requests"]
    assert pages_words.count(2, "entry", "entries") == "2 entries"
