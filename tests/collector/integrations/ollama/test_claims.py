"""Leases of people and their programs: taken, extended, released, and gone by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.ollama import claims, leasing
from wakeful_collector.integrations.ollama.claims import TooManyClaims
from wakeful_collector.read import gateway_leases

from . import machines

if TYPE_CHECKING:
    from pathlib import Path


def test_a_claim_lives_until_it_expires(data: Path, now_ms: int) -> None:
    machines.add(data)
    one = claims.claim(data, "box", "person", "user:ada", "a talk" * 99, 60, now_ms)
    assert (one.expires_ms, one.admitted_ms, one.key, len(one.note)) == (now_ms + 60_000, now_ms, "user:ada", 200)
    assert gateway_leases.leases(data, now_ms + 59_999) == [one]
    assert gateway_leases.leases(data, now_ms + 60_000) == []
    assert claims.release(data, one.id, now_ms + 60_000) is None
    assert claims.extend(data, one.id, 60, now_ms + 60_000) is None


def test_a_claim_is_extended_and_released(data: Path, now_ms: int) -> None:
    machines.add(data)
    one = claims.claim(data, "box", "script", "key:ci", "", 60, now_ms)
    longer = claims.extend(data, one.id, 999_999_999, now_ms + 5)
    assert longer is not None
    assert longer.expires_ms == now_ms + 5 + claims.SECONDS_MAX * 1000
    assert gateway_leases.leases(data, now_ms + 100_000) == [longer]
    assert claims.release(data, one.id, now_ms) == longer
    assert claims.release(data, one.id, now_ms) is None
    assert claims.extend(data, one.id, 60, now_ms) is None


def test_a_requests_lease_is_its_own(data: Path, now_ms: int) -> None:
    box = machines.add(data)
    with leasing.Desk(data, lambda: now_ms).enter(box, "key:a", "key:a", "", "", now_ms) as ticket:
        assert claims.release(data, ticket.id, now_ms) is None
        assert claims.extend(data, ticket.id, 60, now_ms) is None
        assert gateway_leases.lease(data, ticket.id, now_ms) is not None


def test_claims_are_bounded_and_expired_ones_do_not_count(
    data: Path, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines.add(data)
    monkeypatch.setattr(claims, "CLAIMS_MAX", 2)
    claims.claim(data, "box", "legacy", "key:a", "", 1, now_ms)
    claims.claim(data, "box", "legacy", "key:a", "", 60, now_ms)
    with pytest.raises(TooManyClaims, match="was removed"):
        claims.claim(data, "gone", "legacy", "key:a", "", 60, now_ms)
    with pytest.raises(TooManyClaims, match="has 2 leases"):
        claims.claim(data, "box", "legacy", "key:a", "", 60, now_ms)
    assert claims.claim(data, "box", "legacy", "key:a", "", 60, now_ms + 1_000)
