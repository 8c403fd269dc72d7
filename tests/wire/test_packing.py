"""Tests of wakeful_wire.packing: gzip and JSON within bounds."""

from __future__ import annotations

import gzip
import sys
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_wire import limits
from wakeful_wire.errors import WireError
from wakeful_wire.packing import check_items, inflate, pack, pack_with, parse_json


def refused(call: Any, *arguments: Any) -> tuple[str, int]:
    with pytest.raises(WireError) as caught:
        call(*arguments)
    return caught.value.code, caught.value.status


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=4)))
def test_what_is_packed_is_unpacked(value: Any) -> None:
    content = inflate(pack(value))
    assert content.isascii()
    assert parse_json(content) == value


def test_it_is_gzip_as_others_know_it() -> None:
    assert gzip.decompress(pack({"a": [1, 2]})) == b'{"a":[1,2]}'
    assert inflate(gzip.compress(b"{}")) == b"{}"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_a_number_is_not_packed(value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        pack([value])


def test_exactly_the_bound_is_taken_and_one_byte_more_is_not() -> None:
    assert inflate(gzip.compress(b"x" * 1000), 1000) == b"x" * 1000
    assert refused(inflate, gzip.compress(b"x" * 1001), 1000) == ("too_large", 413)


def test_a_bomb_is_refused_at_the_bound_while_it_inflates() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(256)) + packer.flush()
    assert len(bomb) < limits.PACKED_BYTES_MAX
    tracemalloc.start()
    try:
        assert refused(inflate, bomb) == ("too_large", 413)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 3 * limits.INFLATED_BYTES_MAX


@pytest.mark.parametrize("cut", range(0, 30, 3))
def test_a_body_cut_short_is_refused(cut: int) -> None:
    assert refused(inflate, pack({"hello": "there", "n": 1})[:cut]) == ("cut_short", 400)


@given(st.binary(min_size=3))
def test_bytes_that_are_not_gzip_are_refused(content: bytes) -> None:
    if content[:2] != b"\x1f\x8b":
        assert refused(inflate, content) == ("not_gzip", 400)


def test_a_wrong_checksum_is_refused() -> None:
    packed = bytearray(pack({"a": 1}))
    packed[-5] ^= 1
    assert refused(inflate, bytes(packed)) == ("not_gzip", 400)


@pytest.mark.parametrize("behind", [b"x", gzip.compress(b"{}", mtime=0), b"\0"])
def test_bytes_behind_the_body_are_refused(behind: bytes) -> None:
    assert refused(inflate, pack({}) + behind) == ("not_gzip", 400)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"nope",
        b'{"a":1} trailing',
        b"[1,]",
        b"{'a': 1}",
        b"[NaN]",
        b"[Infinity]",
        b"[-Infinity]",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b'"line\nbreak"',
    ],
)
def test_what_is_not_json_is_refused(content: bytes) -> None:
    assert refused(parse_json, content) == ("not_json", 400)


def test_deep_nesting_is_refused_without_running_out_of_stack() -> None:
    assert refused(parse_json, b"[" * 100_000 + b"]" * 100_000) in (("not_json", 400), ("too_deep", 422))
    deepest = b"[" * limits.DEPTH_MAX + b"]" * limits.DEPTH_MAX
    assert parse_json(deepest) is not None
    assert refused(parse_json, b'{"a":' + deepest + b"}") == ("too_deep", 422)


def test_a_flood_of_empty_lists_is_refused_before_it_is_read() -> None:
    flood = b"[" + b"[]," * limits.CONTAINERS_MAX + b"[]]"
    tracemalloc.start()
    try:
        assert refused(parse_json, flood) == ("too_many", 413)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < len(flood)


def test_a_flood_of_numbers_is_refused_before_it_is_read() -> None:
    flood = b"[" + b"0," * (limits.ITEMS_MAX + 1) + b"0]"
    assert refused(parse_json, flood) == ("too_many", 413)
    assert refused(check_items, flood) == ("too_many", 413)
    check_items(b"0," * limits.ITEMS_MAX)


def test_huge_numbers_are_read_or_refused_but_never_hang() -> None:
    assert parse_json(b"[1e999]") == [float("inf")]
    assert parse_json(b"[1e-999]") == [0.0]
    assert parse_json(b"[" + b"9" * 300 + b"]")[0] > 10**299


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="this Python reads whole numbers of any length")
def test_whole_numbers_of_thousands_of_digits_are_refused() -> None:
    assert refused(parse_json, b"9" * 5_000) == ("not_json", 400)


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.lists(st.text()))
def test_a_member_is_put_to_what_is_packed(document: dict[str, Any], value: list[str]) -> None:
    document.pop("series", None)
    document["wire"] = 1
    assert parse_json(inflate(pack_with(pack(document), "series", value))) == {**document, "series": value}


@pytest.mark.parametrize("packed", [pack([]), pack({}), pack(None), pack("}")])
def test_a_member_is_put_to_nothing_but_an_object_with_members(packed: bytes) -> None:
    with pytest.raises(ValueError, match="not an object with members"):
        pack_with(packed, "series", [])
