from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import database, invites

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def connection(data: Path) -> Iterator[sqlite3.Connection]:
    with closing(database.writer(data, "state")) as opened:
        yield opened


def test_an_invite_is_found_by_its_hash_only(connection: sqlite3.Connection) -> None:
    invite_id = invites.add_invite(connection, "hash", 2_000, 3, ["prod", "db"], "ada", 1_000)
    found = invites.by_hash(connection, "hash")
    assert found == invites.Invite(invite_id, "hash", 1_000, 2_000, 3, 0, ("prod", "db"), "ada", None)
    assert invites.by_hash(connection, "other") is None


def test_each_use_is_spent_once(connection: sqlite3.Connection) -> None:
    invite_id = invites.add_invite(connection, "hash", 2_000, 2, [], "ada", 1_000)
    assert [invites.spend(connection, invite_id, 1_500) for _ in range(3)] == [True, True, False]


def test_an_expired_or_revoked_invite_cannot_be_spent(connection: sqlite3.Connection) -> None:
    expired = invites.add_invite(connection, "one", 2_000, 1, [], "ada", 1_000)
    assert not invites.spend(connection, expired, 2_000)
    revoked = invites.add_invite(connection, "two", 2_000, 1, [], "ada", 1_000)
    assert invites.revoke_invite(connection, revoked, 1_200)
    assert not invites.revoke_invite(connection, revoked, 1_300)
    assert not invites.spend(connection, revoked, 1_400)


def test_the_newest_invite_comes_first_and_old_ones_go(connection: sqlite3.Connection) -> None:
    invites.add_invite(connection, "one", 2_000, 1, [], "ada", 1_000)
    invites.add_invite(connection, "two", 9_000, 1, [], "ada", 1_001)
    assert [one.secret_hash for one in invites.invites(connection)] == ["two", "one"]
    assert invites.prune(connection, 5_000) == 1
    assert [one.secret_hash for one in invites.invites(connection)] == ["two"]
