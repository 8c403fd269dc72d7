"""Tokens are random, kept as hashes, and compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from wakeful_collector.accounts import secrets

if TYPE_CHECKING:
    import pytest


def test_tokens_carry_their_prefix_and_256_random_bits() -> None:
    tokens = {secrets.new_token("wk_key_") for _ in range(50)}
    assert len(tokens) == 50
    assert all(token.startswith("wk_key_") and len(token) >= 7 + 43 for token in tokens)


def test_the_hash_is_sha256_of_the_whole_token() -> None:
    assert secrets.token_hash("wk_key_abc") == hashlib.sha256(b"wk_key_abc").hexdigest()
    assert len(secrets.token_hash("\udc80")) == 64


def test_comparison_goes_through_hmac(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    real = hmac.compare_digest

    def spy(left: Any, right: Any) -> bool:
        asked.append((left, right))
        return real(left, right)

    monkeypatch.setattr(hmac, "compare_digest", spy)
    assert secrets.same("one", "one")
    assert not secrets.same("one", "two")
    assert asked == [(b"one", b"one"), (b"one", b"two")]


def test_csrf_tokens_belong_to_one_secret_and_do_not_give_it_away() -> None:
    token = secrets.csrf_token("secret")
    assert token == secrets.csrf_token("secret")
    assert token != secrets.csrf_token("other")
    assert token != secrets.token_hash("secret")
