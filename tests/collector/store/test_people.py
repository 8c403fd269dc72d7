"""The tables of people: what is kept comes back; what belongs to a person goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import people
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def session(digest: str, user: int, now_ms: int) -> people.Session:
    return people.Session(digest, user, now_ms, now_ms, now_ms + 1000, "192.0.2.7", "browser")


def test_people_by_name_and_number(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        bob = people.add_user(connection, "bob", "hash", "read", now_ms)
        ada = people.add_user(connection, "Ada", None, "admin", now_ms)
        assert people.users(connection) == [ada, bob]
        assert people.user_named(connection, "ADA") == ada
        assert people.user_named(connection, "eve") is None
        assert people.user_by_id(connection, bob.id) == bob
        assert people.user_by_id(connection, 99) is None
        people.set_password(connection, bob.id, "other")
        people.set_scope(connection, bob.id, "operate")
        people.set_disabled(connection, bob.id, now_ms)
        assert people.user_by_id(connection, bob.id) == people.User(bob.id, "bob", "other", "operate", now_ms, now_ms)


def test_everything_of_a_person_goes_with_them(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        ada = people.add_user(connection, "ada", None, "admin", now_ms)
        people.add_session(connection, session("s", ada.id, now_ms))
        people.add_link(connection, "l", ada.id, now_ms, now_ms + 1)
        people.add_place(connection, ada.id, "192.0.2.7", now_ms)
        people.remove_user(connection, ada.id)
        assert people.session_with(connection, "s") is None
        assert people.spend_link(connection, "l", now_ms) is None
        assert people.users(connection) == []


def test_sessions(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        ada = people.add_user(connection, "ada", None, "admin", now_ms)
        for digest in ("a", "b", "c"):
            people.add_session(connection, session(digest, ada.id, now_ms))
        people.touch_session(connection, "b", now_ms + 5)
        assert [one.hash for one in people.sessions_of(connection, ada.id)] == ["b", "a", "c"]
        assert people.session_with(connection, "a") == (session("a", ada.id, now_ms), ada)
        assert people.remove_session(connection, "a")
        assert not people.remove_session(connection, "a")
        assert people.remove_sessions(connection, ada.id, kept="b") == 1
        assert [one.hash for one in people.sessions_of(connection, ada.id)] == ["b"]


def test_a_link_is_spent_once(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        people.add_link(connection, "l", None, now_ms, now_ms + 10)
        assert people.spend_link(connection, "l", now_ms + 10) is None
        assert people.spend_link(connection, "l", now_ms + 9) == (None,)
        assert people.spend_link(connection, "l", now_ms + 9) is None


def test_keys(data: Path, now_ms: int) -> None:
    key = people.Key("id", "hash", "name", ("read", "operate"), now_ms, "user:ada", None, None, None, None)
    with changing(data) as connection:
        people.add_key(connection, key)
        assert people.keys(connection) == [key]
        assert people.key_with(connection, "hash") == key
        assert people.key_with(connection, "none") is None
        people.touch_key(connection, "id", "192.0.2.7", now_ms + 1)
        found = people.key_with(connection, "hash")
        assert found is not None
        assert (found.used_ms, found.used_from) == (now_ms + 1, "192.0.2.7")


def test_failures_add_up_until_they_are_old(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        assert people.failures(connection, "x") == (0, 0)
        people.count_failure(connection, "x", now_ms, now_ms - 10)
        people.count_failure(connection, "x", now_ms + 5, now_ms - 5)
        assert people.failures(connection, "x") == (2, now_ms + 5)
        people.count_failure(connection, "x", now_ms + 50, now_ms + 40)
        assert people.failures(connection, "x") == (1, now_ms + 50)
        people.clear_failures(connection, "x")
        assert people.failures(connection, "x") == (0, 0)


def test_places(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        ada = people.add_user(connection, "ada", None, "admin", now_ms)
        people.add_place(connection, ada.id, "192.0.2.7", now_ms)
        people.add_place(connection, ada.id, "192.0.2.7", now_ms + 1)
        assert people.knows_place(connection, "ADA", "192.0.2.7")
        assert not people.knows_place(connection, "ada", "192.0.2.8")
