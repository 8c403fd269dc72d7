"""One-time links: hash stored, one use, an end."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.accounts import create_signin_link
from wakeful_collector.accounts.links import NoSuchUser
from wakeful_collector.accounts.sessions import Visitor, principal_of_session, sign_in_by_link
from wakeful_collector.read import audit, people
from wakeful_collector.store import people as tables
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

HERE = Visitor("192.0.2.7", "a browser")


def test_the_first_link_makes_the_first_administrator_once(data: Path, now_ms: int) -> None:
    token = create_signin_link(data, now_ms)
    session = sign_in_by_link(data, token, HERE, now_ms + 1, 30)
    assert session is not None
    principal = principal_of_session(data, session, HERE.address, now_ms + 2)
    assert principal is not None
    assert principal.name == "user:admin"
    assert principal.may("admin")
    assert sign_in_by_link(data, token, HERE, now_ms + 3, 30) is None
    assert [user.name for user in people.users(data)] == ["admin"]
    outcomes = [(row.entry.operation, row.entry.outcome) for row in audit.rows(data, 10)]
    assert outcomes == [("session.begin-by-link", "refused"), ("session.begin-by-link", "done")]


def test_the_token_is_stored_nowhere(data: Path, now_ms: int) -> None:
    token = create_signin_link(data, now_ms)
    session = sign_in_by_link(data, token, HERE, now_ms, 30)
    assert session is not None
    with sqlite3.connect(data / "state.db") as connection:
        dump = "\n".join(connection.iterdump())
    assert token not in dump
    assert session not in dump


def test_a_link_ends(data: Path, now_ms: int) -> None:
    token = create_signin_link(data, now_ms, minutes=5)
    assert sign_in_by_link(data, token, HERE, now_ms + 5 * 60_000, 30) is None


def test_a_link_without_a_name_is_for_the_oldest_able_administrator(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        first = tables.add_user(connection, "gone", None, "admin", now_ms)
        tables.add_user(connection, "reader", None, "read", now_ms)
        tables.add_user(connection, "second", None, "admin", now_ms)
        tables.set_disabled(connection, first.id, now_ms)
    session = sign_in_by_link(data, create_signin_link(data, now_ms), HERE, now_ms, 30)
    assert session is not None
    principal = principal_of_session(data, session, "", now_ms)
    assert principal is not None
    assert principal.name == "user:second"


def test_a_link_for_somebody_signs_them_in_unless_locked_out(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        user = tables.add_user(connection, "Ada", None, "read", now_ms)
    token, second = create_signin_link(data, now_ms, "ada"), create_signin_link(data, now_ms, "ada")
    session = sign_in_by_link(data, token, HERE, now_ms, 30)
    assert session is not None
    with changing(data) as connection:
        tables.set_disabled(connection, user.id, now_ms)
    assert sign_in_by_link(data, second, HERE, now_ms, 30) is None
    assert principal_of_session(data, session, "", now_ms) is None


def test_a_link_for_nobody_is_refused(data: Path, now_ms: int) -> None:
    with pytest.raises(NoSuchUser, match="mallory"):
        create_signin_link(data, now_ms, "mallory")


def test_no_able_administrator_means_no_way_in(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        tables.add_user(connection, "reader", None, "read", now_ms)
    assert sign_in_by_link(data, create_signin_link(data, now_ms), HERE, now_ms, 30) is None
