"""API keys: shown once, kept as hashes, with scopes, an end, and the time of last use."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.accounts import keys
from wakeful_collector.read import people
from wakeful_collector.store import people as tables
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def key(data: Path, now_ms: int) -> keys.NewKey:
    with changing(data) as connection:
        return keys.create(connection, "grafana", ("read", "gateway"), "user:ada", now_ms, now_ms + 1000)


def test_a_key_is_its_holder(data: Path, key: keys.NewKey, now_ms: int) -> None:
    principal = keys.principal_of_key(data, key.secret, "192.0.2.7", now_ms)
    assert principal is not None
    assert (principal.name, principal.face, principal.scopes) == ("key:grafana", "api", {"read", "gateway"})


def test_only_the_hash_is_stored(data: Path, key: keys.NewKey) -> None:
    with sqlite3.connect(data / "state.db") as connection:
        dump = "\n".join(connection.iterdump())
    assert key.secret not in dump
    assert key.key.hash in dump


@pytest.mark.parametrize("secret", ["", "wk_key_", "wk_agt_something", "wk_key_" + "x" * 43, "wk_key_\udc80"])
def test_other_texts_are_nobody(data: Path, key: keys.NewKey, now_ms: int, secret: str) -> None:
    assert keys.principal_of_key(data, secret, "", now_ms) is None


def test_a_key_ends_by_time_and_by_hand(data: Path, key: keys.NewKey, now_ms: int) -> None:
    assert keys.principal_of_key(data, key.secret, "", now_ms + 1000) is None
    with changing(data) as connection:
        assert tables.revoke_key(connection, key.id, now_ms)
        assert not tables.revoke_key(connection, key.id, now_ms)
    assert keys.principal_of_key(data, key.secret, "", now_ms) is None


def test_use_is_noted_at_most_once_a_minute(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        secret = keys.create(connection, "k", ("read",), "local:root", now_ms, None).secret
    keys.principal_of_key(data, secret, "192.0.2.1", now_ms)
    keys.principal_of_key(data, secret, "192.0.2.2", now_ms + 59_000)
    assert (people.keys(data)[0].used_ms, people.keys(data)[0].used_from) == (now_ms, "192.0.2.1")
    keys.principal_of_key(data, secret, "192.0.2.2", now_ms + 61_000)
    assert (people.keys(data)[0].used_ms, people.keys(data)[0].used_from) == (now_ms + 61_000, "192.0.2.2")


def adopt(data: Path, at_ms: int, *found: str) -> list[str]:
    with changing(data) as connection:
        return keys.adopt(connection, found, ("gateway",), "local:environment", at_ms)


def test_keys_of_another_service_are_let_in_and_out_again(data: Path, now_ms: int) -> None:
    assert len(adopt(data, now_ms, "correct horse battery", "another-one-of-them")) == 2
    principal = keys.principal_of_key(data, "correct horse battery", "192.0.2.7", now_ms)
    assert principal is not None
    assert principal.scopes == {"gateway"}
    assert principal.name.startswith("key:env-")
    assert adopt(data, now_ms, "correct horse battery", "another-one-of-them") == []
    assert adopt(data, now_ms, "another-one-of-them") == [f"the {principal.name.replace(':', ' ')} may ask no more"]
    assert keys.principal_of_key(data, "correct horse battery", "", now_ms) is None
    assert adopt(data, now_ms + 1, "another-one-of-them") == []
    assert adopt(data, now_ms + 2, "correct horse battery", "another-one-of-them")[0].endswith("may ask again")
    assert keys.principal_of_key(data, "correct horse battery", "", now_ms + 3) == principal.__class__(
        principal.name, principal.scopes, "", "api", principal.secret_hash
    )


def test_what_a_person_revoked_stays_so(data: Path, now_ms: int) -> None:
    adopt(data, now_ms, "correct horse battery")
    with changing(data) as connection:
        tables.revoke_key(connection, tables.keys(connection)[0].id, now_ms)
    assert adopt(data, now_ms, "correct horse battery") == []
    assert keys.principal_of_key(data, "correct horse battery", "", now_ms) is None


def test_a_key_of_our_own_keeps_its_scopes(data: Path, key: keys.NewKey, now_ms: int) -> None:
    assert adopt(data, now_ms, key.secret) == []
    assert adopt(data, now_ms) == []
    principal = keys.principal_of_key(data, key.secret, "", now_ms)
    assert principal is not None
    assert principal.scopes == {"read", "gateway"}
