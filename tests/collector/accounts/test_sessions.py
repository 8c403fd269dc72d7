"""Sessions end by time, by hand, and with their user; their use is noted at most once a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.accounts import sessions
from wakeful_collector.read import audit, people
from wakeful_collector.store import people as tables
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

DAY_MS = 86_400_000


@pytest.fixture
def token(data: Path, now_ms: int) -> str:
    with changing(data) as connection:
        user = tables.add_user(connection, "ada", None, "operate", now_ms)
        return sessions.begin(connection, user, sessions.Visitor("192.0.2.7", "x" * 500), now_ms, 30)


def test_a_session_is_who_signed_in(data: Path, token: str, now_ms: int) -> None:
    principal = sessions.principal_of_session(data, token, "192.0.2.9", now_ms)
    assert principal is not None
    assert (principal.name, principal.address, principal.face) == ("user:ada", "192.0.2.9", "web")
    assert principal.scopes == {"read", "operate", "gateway"}


def test_a_session_is_over_after_its_days(data: Path, token: str, now_ms: int) -> None:
    assert sessions.principal_of_session(data, token, "", now_ms + 30 * DAY_MS - 1) is not None
    assert sessions.principal_of_session(data, token, "", now_ms + 30 * DAY_MS) is None


def test_an_unknown_token_is_nobody(data: Path, token: str, now_ms: int) -> None:
    assert sessions.principal_of_session(data, token + "x", "", now_ms) is None


def test_use_is_noted_at_most_once_a_minute(data: Path, token: str, now_ms: int) -> None:
    sessions.principal_of_session(data, token, "", now_ms + 30_000)
    assert people.sessions(data, 1)[0].seen_ms == now_ms
    sessions.principal_of_session(data, token, "", now_ms + 61_000)
    seen = people.sessions(data, 1)[0]
    assert seen.seen_ms == now_ms + 61_000
    assert len(seen.program) == 200


def test_signing_out_ends_it_on_the_server(data: Path, token: str, now_ms: int) -> None:
    principal = sessions.principal_of_session(data, token, "192.0.2.9", now_ms)
    assert principal is not None
    sessions.sign_out(data, principal, now_ms)
    assert sessions.principal_of_session(data, token, "", now_ms) is None
    entry = audit.rows(data, 1)[0].entry
    assert (entry.principal, entry.operation, entry.address) == ("user:ada", "session.end", "192.0.2.9")
