"""Bodies of requests: looked into, held back within bounds, passed on whole."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from wakeful_collector.integrations.ollama import bodies
from wakeful_collector.integrations.ollama.bodies import Body, ClientGone, Peeked
from wakeful_collector.integrations.ollama.dialects import Refusal


class Source(io.BytesIO):
    """A body as a server gives it; how much was read of it is seen by `tell`."""


def body(content: bytes, chunked: bool = False, length: int | None = None) -> tuple[Body, Source]:
    source = Source(content)
    said: dict[str, Any] = {"wsgi.input": source}
    if chunked:
        said["HTTP_TRANSFER_ENCODING"] = "chunked"
    else:
        said["CONTENT_LENGTH"] = str(len(content) if length is None else length)
    return Body(said), source


@pytest.mark.parametrize("chunked", [False, True])
def test_a_small_body_is_known_and_passes_whole(chunked: bool) -> None:
    content = json.dumps({"model": "gem", "messages": [{"x": 1}] * 10, "stream": False}).encode()
    made, _ = body(content, chunked)
    assert made.peek() == Peeked("gem", False, True)
    assert b"".join(made.pieces()) == content
    assert made.read_bytes == len(content)


def test_no_more_is_read_than_it_takes_to_know() -> None:
    content = b'{"model": "gem", "stream": true, "messages": ["' + b"x" * 5_000_000 + b'"]}'
    made, source = body(content)
    assert made.peek() == Peeked("gem", True, True)
    assert source.tell() == bodies.PIECE_BYTES
    pieces = list(made.pieces())
    assert max(map(len, pieces)) <= bodies.PIECE_BYTES
    assert b"".join(pieces) == content


def test_names_behind_pictures_are_found_and_behind_too_many_are_not() -> None:
    made, _ = body(b'{"images": ["' + b"A" * 3_000_000 + b'"], "stream": true, "model": "gem"}')
    assert made.peek() == Peeked("gem", True, True)
    content = b'{"images": ["' + b"A" * 9_000_000 + b'"], "model": "gem"}'
    made, source = body(content)
    assert made.peek() == Peeked("", None, False)
    assert source.tell() <= bodies.PEEK_BYTES_MAX
    assert b"".join(made.pieces()) == content


@pytest.mark.parametrize("content", [b"", b"not json", b'{"model": 5, "stream": "yes"}', b'{"model"'])
def test_what_says_nothing_is_passed_on_all_the_same(content: bytes) -> None:
    made, _ = body(content)
    assert made.peek() == Peeked("", None, True)
    assert b"".join(made.pieces()) == content


def test_all_bodies_share_what_may_be_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_allowance", bodies._Allowance(100_000))
    first, _ = body(b'{"a": "' + b"x" * 500_000)
    second, source = body(b'{"a": "' + b"x" * 50_000 + b'"}')
    assert first.peek().is_known is False
    assert second.peek().is_known is False
    assert source.tell() == 0
    first.close()
    assert second.peek() == Peeked("", None, True)


@pytest.mark.parametrize("chunked", [False, True])
def test_every_model_of_a_request_is_seen(chunked: bool) -> None:
    content = b'{"model": "a", "Model": "b", "NAME": "c", "name": "", "other": "d"}'
    made, _ = body(content, chunked)
    assert made.models() == ["a", "b", "c"]
    assert b"".join(made.pieces()) == content


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'"model"', b"[" * 5_000])
def test_a_limited_request_must_be_an_object(content: bytes) -> None:
    made, _ = body(content)
    with pytest.raises(Refusal) as caught:
        made.models()
    assert caught.value.status == 400


def test_a_limited_request_must_not_be_endless() -> None:
    made, source = body(b'{"a": "' + b"x" * (bodies.WHOLE_BYTES_MAX + 1_000), chunked=True)
    with pytest.raises(Refusal) as caught:
        made.models()
    assert caught.value.status == 413
    assert source.tell() <= bodies.WHOLE_BYTES_MAX


def test_a_body_that_ends_before_its_end_is_a_client_that_left() -> None:
    made, _ = body(b"half", length=9)
    with pytest.raises(ClientGone):
        list(made.pieces())


def test_a_body_that_breaks_is_a_client_that_left() -> None:
    class Broken:
        def read(self, _: int) -> bytes:
            raise ConnectionResetError("gone")

    made = Body({"wsgi.input": Broken(), "CONTENT_LENGTH": "9"})
    with pytest.raises(ClientGone, match="gone"):
        made.peek()


def test_without_a_body_there_is_nothing() -> None:
    made = Body({"wsgi.input": io.BytesIO()})
    assert (made.has_length, made.is_chunked, list(made.pieces())) == (False, False, [])
