"""Sentences of a story: plain, bounded, without secrets."""

from __future__ import annotations

import pytest

from wakeful_collector.model import story


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("watch.down", {"detail": "exit code 1"}, "is down: exit code 1"),
        ("recovery.attempted", {"attempt": 2, "of": 5, "summary": "start sent"}, "tried (attempt 2 of 5): start sent"),
        ("recovery.failed", {"attempt": 2, "why": "still offline"}, "did not help (attempt 2): still offline"),
        ("recovery.given_up", {"attempts": 1}, "gave up after 1 attempt"),
        ("watch.up", {"seconds_down": 3_900.4}, "is up: it was down for 65 min"),
        ("watch.up", {"seconds_down": "x", "detail": 5}, "is up"),
        ("some.thing", {}, "some.thing"),
    ],
)
def test_events_are_sentences(kind: str, data: dict[str, object], text: str) -> None:
    assert story.line(5, kind, data) == (5, kind, text)


def test_texts_are_one_line_without_colours_and_links_to_terminals() -> None:
    hostile = "\x1b[31mred\x1b[0m\n\x07bell \x1b]0;title\x07 https://sshx.io/s/AbCdEfGhIj#secretKey,writeKey end"
    assert story.plain(hostile) == "red bell https://sshx.io/s/AbCd... end"
    assert len(story.plain("x" * 9_999)) == story.TEXT_CHARACTERS_MAX
    assert story.plain("y" * 20, 10) == "yyyyyyy..."


def test_console_lines_come_in_several_shapes() -> None:
    assert story.console({"console": ["a", "", 5, "b"]}) == ["a", "b"]
    assert story.console({"tail": "a\nb\n"}) == ["a", "b"]
    assert story.console({"console_tail": {"no": "list"}}) == []
    assert story.console({}) == []
    assert "secret" not in "".join(story.console({"console": ["Link: https://sshx.io/s/AbCd1234#secret"]}))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (11_100, "3 h 5 min"), (200_000, "2 days")],
)
def test_spans(seconds: float, words: str) -> None:
    assert story.span(seconds) == words
