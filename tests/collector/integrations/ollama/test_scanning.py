"""Fields of an object of which only the beginning is there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.integrations.ollama.scanning import TopLevel

PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=12)
DOCUMENTS = st.dictionaries(
    st.sampled_from(["model", "stream", "a", "messages", 'q"uote', "back\\slash", "{", "[1,2]"]),
    st.recursive(
        PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
)


@given(document=DOCUMENTS, step=st.integers(1, 40), indent=st.sampled_from([None, 2]), ascii_only=st.booleans())
def test_what_is_found_is_what_is_there_however_it_comes(
    document: dict[str, Any], step: int, indent: int | None, ascii_only: bool
) -> None:
    whole = json.dumps(document, indent=indent, ensure_ascii=ascii_only).encode()
    scan, buffer = TopLevel("model", "stream"), bytearray()
    for start in range(0, len(whole), step):
        buffer += whole[start : start + step]
        if scan.read(buffer):
            break
    assert scan.done
    wanted = {name: document[name] for name in ("model", "stream") if name in document}
    assert scan.found == {name: value for name, value in wanted.items() if not isinstance(value, (list, dict))}


def test_it_stops_as_soon_as_everything_is_known() -> None:
    scan = TopLevel("model", "stream")
    assert scan.read(b'{"model": "gem", "stream": false, "messages": [')
    assert scan.found == {"model": "gem", "stream": False}


def test_a_name_inside_of_something_else_is_not_the_requests() -> None:
    scan = TopLevel("model")
    assert not scan.read(b'{"options": {"model": "inner"}, "x": ["model", "gem"], "y": "\\"model\\":\\"no\\"", ')
    assert scan.read(
        b'{"options": {"model": "inner"}, "x": ["model", "gem"], "y": "\\"model\\":\\"no\\"", "model": "gem"}'
    )
    assert scan.found == {"model": "gem"}


@pytest.mark.parametrize("text", [b"[1]", b'"model"', b"nonsense {", b"null,", b"{]", b'{"a": nonsense, "model": bad}'])
def test_what_is_no_object_has_no_fields(text: bytes) -> None:
    scan = TopLevel("model")
    assert scan.read(text)
    assert scan.found in ({}, {"model": None})


def test_a_large_picture_before_the_name_is_passed_over_quickly() -> None:
    picture = b'{"messages": [{"images": ["' + b"A" * 4_000_000 + b'"]}], "model": "gem", "stream": true}'
    scan = TopLevel("model", "stream")
    assert not scan.read(picture[:1_000_000])
    assert scan.read(picture)
    assert scan.found == {"model": "gem", "stream": True}
