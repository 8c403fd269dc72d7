from __future__ import annotations

import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.ingest.inflating import inflate
from wakeful_wire import packing
from wakeful_wire.errors import WireError


@given(st.binary(max_size=2_000), st.integers(0, 40), st.integers(0, 3))
def test_it_answers_as_the_wire_does(content: bytes, cut: int, tail: int) -> None:
    packed = gzip.compress(content)
    packed = packed[: len(packed) - cut] + b"x" * tail
    outcomes = []
    for unpack in (inflate, packing.inflate):
        try:
            outcomes.append(unpack(packed, 1_000))
        except WireError as error:
            outcomes.append(error.status)
    assert outcomes[0] == outcomes[1]


def test_a_bomb_is_refused_at_the_bound() -> None:
    bomb = gzip.compress(bytes(200_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(WireError) as caught:
            inflate(bomb, 1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    assert (caught.value.code, caught.value.status) == ("too_large", 413)


def test_what_fills_the_bound_exactly_is_taken() -> None:
    assert inflate(gzip.compress(b"x" * 100), 100) == b"x" * 100


@pytest.mark.parametrize(
    ("packed", "code"),
    [
        (b"", "cut_short"),
        (b"no gzip at all", "not_gzip"),
        (gzip.compress(b"hello", mtime=0)[:-3], "cut_short"),
        (gzip.compress(b"hello", mtime=0) + b"more", "not_gzip"),
        (gzip.compress(b"hello", mtime=0) * 2, "not_gzip"),
    ],
)
def test_what_is_no_whole_gzip_member_is_refused(packed: bytes, code: str) -> None:
    with pytest.raises(WireError) as caught:
        inflate(packed)
    assert (caught.value.code, caught.value.status) == (code, 400)
