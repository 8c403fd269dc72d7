"""Leases that people and their programs take: a machine stays awake for them until they are released or expire."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from wakeful_collector.store import gateway_leases
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_leases import Lease

if TYPE_CHECKING:
    from pathlib import Path

SECONDS_MAX = 7 * 86_400
CLAIMS_MAX = 1_000
"""How many such leases a machine can have; whoever makes more does not know what he does."""


class TooManyClaims(ValueError):
    """A machine that has as many claims as it can have, or that was removed a moment ago."""


def claim(data: Path, machine: str, kind: str, owner: str, note: str, seconds: float, now_ms: int) -> Lease:
    """Take a lease for a person (`person`), a program (`script`) or a client of the older routes (`legacy`).

    Raises:
        TooManyClaims: the machine has `CLAIMS_MAX` already.
    """
    expires_ms = now_ms + round(min(seconds, SECONDS_MAX) * 1000)
    lease = Lease(secrets.token_hex(8), machine, kind, owner, owner, note[:200], now_ms, now_ms, expires_ms)
    with changing_gateway(data) as connection:
        gateway_leases.end_expired(connection, now_ms)
        if gateway_leases.count(connection, machine, now_ms).claims >= CLAIMS_MAX:
            raise TooManyClaims(f"{machine} has {CLAIMS_MAX} leases already; release some")
        if not gateway_leases.take(connection, lease):
            raise TooManyClaims(f"{machine} was removed")
    return lease


def release(data: Path, lease_id: str, now_ms: int) -> Lease | None:
    """End a lease and return it; None when there is none, or it is a request's: that ends with the request."""
    with changing_gateway(data) as connection:
        found = gateway_leases.one(connection, lease_id)
        if found is None or found.kind == gateway_leases.REQUEST or found.expires_ms <= now_ms:
            return None
        return gateway_leases.end(connection, lease_id)


def extend(data: Path, lease_id: str, seconds: float, now_ms: int) -> Lease | None:
    """Let a lease live for so many seconds from now and return it; None when there is none."""
    expires_ms = now_ms + round(min(seconds, SECONDS_MAX) * 1000)
    with changing_gateway(data) as connection:
        found = gateway_leases.one(connection, lease_id)
        if found is None or found.kind == gateway_leases.REQUEST or found.expires_ms <= now_ms:
            return None
        gateway_leases.renew(connection, [lease_id], expires_ms)
        return replace(found, expires_ms=expires_ms)
