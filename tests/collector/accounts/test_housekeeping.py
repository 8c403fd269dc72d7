"""What is over is cleared away; what is in force stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.accounts import create_signin_link, housekeeping, sessions
from wakeful_collector.accounts.door import FORGET_MS
from wakeful_collector.store import people as tables
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def test_prune_removes_what_is_over_only(data: Path, now_ms: int) -> None:
    create_signin_link(data, now_ms)
    with changing(data) as connection:
        user = tables.add_user(connection, "ada", None, "read", now_ms)
        token = sessions.begin(connection, user, sessions.Visitor("192.0.2.7"), now_ms, 1)
        tables.count_failure(connection, "pair x ada", now_ms, 0)
    assert housekeeping.prune(data, now_ms + FORGET_MS - 1) == 0
    assert sessions.principal_of_session(data, token, "", now_ms + FORGET_MS - 1) is not None
    assert housekeeping.prune(data, now_ms + 86_400_000) == 3, "session, link, failure"
    assert housekeeping.prune(data, now_ms + 200 * 86_400_000) == 1, "the place"
