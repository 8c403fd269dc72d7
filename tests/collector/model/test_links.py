"""Links of shared terminals, masked."""

from __future__ import annotations

import json

import pytest

from wakeful_collector.model.links import DEPTH_MAX, masked, masked_all, may_hold

LINK = "https://sshx.io/s/AbCdEf0123#KeyKeyKey12345"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (LINK, "https://sshx.io/s/AbCd..."),
        (f"\x1b[4;36m{LINK}\x1b[0m and more", "\x1b[4;36mhttps://sshx.io/s/AbCd...\x1b[0m and more"),
        (f"{LINK},WritePass12345 {LINK}", "https://sshx.io/s/AbCd... https://sshx.io/s/AbCd..."),
        ("http://10.0.0.5:8051/s/abc#k", "http://10.0.0.5:8051/s/abc..."),
        ("https://example.org/s/page and /s/x#y", "https://example.org/s/page and /s/x#y"),
    ],
)
def test_the_key_is_masked_and_nothing_else(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_every_text_of_a_document_is_masked() -> None:
    found = masked_all({"a": [LINK, {"b": f"see {LINK}"}], LINK: 1, "n": 1.5, "t": True, "z": None})
    assert "KeyKey" not in json.dumps(found)
    assert (found["n"], found["t"], found["z"]) == (1.5, True, None)


def test_what_is_nested_without_end_is_cut() -> None:
    document: list[object] = [LINK]
    for _ in range(DEPTH_MAX + 5):
        document = [document]
    assert "KeyKey" not in json.dumps(masked_all(document))
    assert masked_all(7, DEPTH_MAX) == 7


def test_a_look_tells_whether_there_may_be_one() -> None:
    assert may_hold(json.dumps({"a": LINK}).encode())
    assert not may_hold(b'{"a": "https://example.org/s/page"}')
