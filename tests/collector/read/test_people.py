"""Questions about people go over a connection that cannot write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.read import people
from wakeful_collector.store import people as tables
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def test_questions_about_people(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        ada = tables.add_user(connection, "ada", None, "admin", now_ms)
        session = tables.Session("s", ada.id, now_ms, now_ms, now_ms + 1, "192.0.2.7", "browser")
        tables.add_session(connection, session)
        key = tables.Key("id", "hash", "name", ("read",), now_ms, "user:ada", None, None, None, None)
        tables.add_key(connection, key)
    assert people.users(data) == [ada]
    assert people.user(data, ada.id) == ada
    assert people.user(data, 99) is None
    assert people.sessions(data, ada.id) == [session]
    assert people.keys(data) == [key]
