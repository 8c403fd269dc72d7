"""API keys: how programs get in. Shown once, kept as a hash, with scopes, expiry and the time of last use.

Keys that somebody else made (a service that Wakeful stands in for) are adopted: kept as a hash like all others.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.accounts.principal import Principal, implied
from wakeful_collector.accounts.secrets import new_token, same, token_hash
from wakeful_collector.store import database, people
from wakeful_collector.store.changes import note
from wakeful_wire.enroll import KEY_PREFIX

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

TOUCH_MS = 60_000


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; `secret` is shown now and never again."""

    id: str
    secret: str
    key: people.Key


def create(
    connection: sqlite3.Connection,
    name: str,
    scopes: tuple[str, ...],
    created_by: str,
    now_ms: int,
    expires_ms: int | None,
) -> NewKey:
    """Make a key inside the caller's transaction."""
    secret = new_token(KEY_PREFIX)
    number = secrets.token_hex(6)
    key = people.Key(number, token_hash(secret), name, scopes, now_ms, created_by, expires_ms, None, None, None)
    people.add_key(connection, key)
    return NewKey(number, secret, key)


def adopt(
    connection: sqlite3.Connection, found: Iterable[str], scopes: tuple[str, ...], source: str, now_ms: int
) -> list[str]:
    """Let the secrets in `found` in, and out those that `source` named before and names no more; return what changed.

    A key that a person revoked stays revoked, whatever its source says. The name of a key is of its hash.
    """
    named = {token_hash(secret) for secret in found}
    known = {key.hash: key for key in people.keys(connection) if key.created_by == source}
    changed = []
    for digest in sorted(named - known.keys()):
        if people.key_with(connection, digest) is not None:
            continue  # it was made or adopted elsewhere, and keeps the scopes it has there
        key = people.Key(
            secrets.token_hex(6), digest, f"env-{digest[:6]}", scopes, now_ms, source, None, None, None, None
        )
        people.add_key(connection, key)
        changed.append(f"the key {key.name} may ask now")
    for digest, key in known.items():
        if key.revoked_ms is None and (digest in named) is (key.expires_ms is not None):
            people.end_key(connection, key.id, None if digest in named else now_ms)
            changed.append(f"the key {key.name} may ask {'again' if digest in named else 'no more'}")
    return changed


def principal_of_key(data: Path, secret: str, address: str, now_ms: int) -> Principal | None:
    """Return who holds the key `secret`; None when it is unknown, revoked or expired."""
    if not secret:
        return None
    digest = token_hash(secret)
    key = people.key_with(database.reader(data, "state"), digest)
    if key is None or not same(key.hash, digest) or key.revoked_ms is not None:
        return None
    if key.expires_ms is not None and key.expires_ms <= now_ms:
        return None
    if key.used_ms is None or now_ms - key.used_ms > TOUCH_MS:
        note(data, lambda connection: people.touch_key(connection, key.id, address, now_ms))
    return Principal(f"key:{key.name}", implied(key.scopes), address, "api", digest)
