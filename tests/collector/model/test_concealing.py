"""Error texts repeat addresses; what is kept of them does not."""

from __future__ import annotations

import pytest

from wakeful_collector.model.concealing import ERROR_CHARACTERS_MAX, concealed


@pytest.mark.parametrize(
    ("text", "url", "seen"),
    [
        ("no route to tgram://123456:ABCDEF/chat1", "tgram://123456:ABCDEF/chat1", "no route to ..."),
        ("Unauthorized for ABCDEF", "tgram://123456:ABCDEF/chat1", "Unauthorized for ..."),
        ("user pa%ss word", "mailto://ada:pa%25ss@mail.example.org", "user ... word"),
        ("hooks.example.org answered", "https://hooks.example.org/T0/SECRETPATH", "hooks.example.org answered"),
        ("SECRETPATH is wrong", "https://hooks.example.org/T0/SECRETPATH", "... is wrong"),
        ("key 0123456789abcdef0123456789abcdef", "json://h", "key ..."),
        ("ntfy is down", "ntfy://topic", "ntfy is down"),
    ],
)
def test_pieces_of_the_address_are_taken_out(text: str, url: str, seen: str) -> None:
    assert concealed(text, url) == seen


def test_the_secret_goes_too_and_all_is_bounded() -> None:
    assert "s3cr3t-signer" not in concealed("bad s3cr3t-signer", "https://h.example/", "s3cr3t-signer")
    assert len(concealed("word " * 999, "https://h.example/")) == ERROR_CHARACTERS_MAX


def test_an_address_that_is_none_is_concealed_too() -> None:
    assert concealed("Invalid IPv6 URL of SECRETPATH", "http://[::1/SECRETPATH") == "Invalid IPv6 URL of ..."
