"""API keys: how programs get in. Shown once, kept as a hash, with scopes, expiry and the time of last use."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.accounts.principal import Principal, implied
from wakeful_collector.accounts.secrets import new_token, same, token_hash
from wakeful_collector.store import database, people
from wakeful_collector.store.changes import changing
from wakeful_wire.enroll import KEY_PREFIX

if TYPE_CHECKING:
    import sqlite3
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


def principal_of_key(data: Path, secret: str, address: str, now_ms: int) -> Principal | None:
    """Return who holds the key `secret`; None when it is unknown, revoked or expired."""
    if not secret.startswith(KEY_PREFIX):
        return None
    digest = token_hash(secret)
    key = people.key_with(database.reader(data, "state"), digest)
    if key is None or not same(key.hash, digest) or key.revoked_ms is not None:
        return None
    if key.expires_ms is not None and key.expires_ms <= now_ms:
        return None
    if key.used_ms is None or now_ms - key.used_ms > TOUCH_MS:
        with changing(data) as connection:
            people.touch_key(connection, key.id, address, now_ms)
    return Principal(f"key:{key.name}", implied(key.scopes), address, "api", digest)
