"""Tokens and bytes, counted from what passes."""

from __future__ import annotations

import json

import pytest

from wakeful_collector.integrations.ollama.tallying import Tally


def tally(*pieces: bytes) -> Tally:
    counted = Tally()
    for piece in pieces:
        counted.take(piece)
    return counted


@pytest.mark.parametrize(
    "last",
    [
        b'{"done":true,"context":[1,2],"prompt_eval_count":11,"eval_count":22,"eval_duration":5}\n',
        b'data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":22}}\n\ndata: [DONE]\n\n',
        b'event: message_delta\ndata: {"usage": {"input_tokens": 11, "output_tokens": 22}}\n\nevent: message_stop\n\n',
    ],
)
def test_the_end_of_an_answer_tells_the_tokens(last: bytes) -> None:
    counted = tally(b'{"response":"hello"}\n' * 5_000, *(last[at : at + 7] for at in range(0, len(last), 7)))
    assert counted.tokens() == (11, 22)
    assert counted.size_bytes == 5_000 * 21 + len(last)
    assert counted.ends_line


def test_what_was_told_at_the_beginning_counts_where_the_end_says_nothing() -> None:
    start = b'event: message_start\ndata: {"usage":{"input_tokens":7,"output_tokens":0}}\n\n'
    assert tally(start, b"data: x\n\n" * 9_000, b'data: {"usage":{"output_tokens":9}}\n\n').tokens() == (7, 9)


def test_a_models_words_are_no_counts() -> None:
    said = json.dumps({"response": 'so: "eval_count": 5, "prompt_tokens":6, \\"eval_count\\": 7'}).encode()
    assert tally(said).tokens() == (0, 0)


def test_ends_of_lines_and_events_are_seen_across_pieces() -> None:
    assert (tally().ends_line, tally().ends_event) == (True, True)
    assert (tally(b"a\n").ends_line, tally(b"a\n").ends_event) == (True, False)
    assert tally(b"data: x\n", b"\n").ends_event
    assert tally(b"data: x\r\n\r\n").ends_event
    assert not tally(b'{"half').ends_line


def test_large_pieces_leave_only_their_end() -> None:
    counted = tally(bytes(1_000_000), b'{"eval_count":3}')
    assert counted.tokens() == (0, 3)
    assert len(counted._tail) <= 16_384
