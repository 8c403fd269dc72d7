"""People are added, changed and removed; somebody who may administer is always left."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.accounts import Principal, passwords, sessions
from wakeful_collector.accounts.principal import implied
from wakeful_collector.operations import OperationError, core, run
from wakeful_collector.read import people
from wakeful_collector.store import people as tables
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings

Ask = Callable[..., dict[str, Any]]
PASSWORD = "correct horse battery"


@pytest.fixture
def ada(data: Path, now_ms: int) -> tables.User:
    """The first administrator, number 1, whom `ask` asks as."""
    with changing(data) as connection:
        return tables.add_user(connection, "ada", None, "admin", now_ms)


def begin(data: Path, user: tables.User, now_ms: int) -> str:
    with changing(data) as connection:
        return sessions.begin(connection, user, sessions.Visitor("192.0.2.7"), now_ms, 30)


def user(data: Path, name: str) -> tables.User:
    return next(one for one in people.users(data) if one.name == name)


def test_somebody_is_added_with_a_hash(data: Path, ask: Ask) -> None:
    assert ask("user.add", name="bob", password=PASSWORD, scope="operate") == {"name": "bob", "scope": "operate"}
    assert passwords.fits(PASSWORD, user(data, "bob").password)
    with pytest.raises(OperationError) as taken:
        ask("user.add", name="BOB")
    assert taken.value.status == 409


def test_somebody_without_a_password_comes_by_link(data: Path, ask: Ask) -> None:
    assert ask("user.add", name="bob", password=None)["scope"] == "read"
    assert user(data, "bob").password is None


@pytest.mark.parametrize("name", ["", "two words", "../etc", "<b>", "x" * 65])
def test_names_are_plain(ask: Ask, name: str) -> None:
    with pytest.raises(OperationError, match="name"):
        ask("user.add", name=name)


def test_weak_passwords_are_refused(data: Path, ask: Ask) -> None:
    with pytest.raises(OperationError, match="at least 10") as caught:
        ask("user.add", name="bob", password="short")
    assert caught.value.code == "weak_password"
    assert people.users(data) == []


def test_setting_a_password_ends_all_sessions(data: Path, ask: Ask, now_ms: int) -> None:
    ask("user.add", name="bob")
    token = begin(data, user(data, "bob"), now_ms)
    assert ask("user.set-password", name="bob", password=PASSWORD)["sessions_ended"] == 1
    assert sessions.principal_of_session(data, token, "", now_ms) is None


def test_changing_ones_own_needs_the_current_one_and_keeps_this_session(
    data: Path, settings: Settings, ada: tables.User, now_ms: int
) -> None:
    here, there = begin(data, ada, now_ms), begin(data, ada, now_ms)
    principal = sessions.principal_of_session(data, here, "", now_ms)
    assert principal is not None

    def change(**given: str) -> dict[str, Any]:
        return run(settings, core.REGISTRY, principal, "user.change-own-password", given, now_ms)

    assert change(password=PASSWORD)["sessions_ended"] == 1, "the first one needs no current password"
    assert sessions.principal_of_session(data, here, "", now_ms) is not None
    assert sessions.principal_of_session(data, there, "", now_ms) is None
    with pytest.raises(OperationError) as wrong:
        change(current="not it at all", password="another good one")
    assert wrong.value.code == "wrong_password"
    change(current=PASSWORD, password="another good one")
    assert passwords.fits("another good one", user(data, "ada").password)


def test_programs_have_no_password_and_no_sessions(settings: Settings, now_ms: int) -> None:
    key = Principal("key:k", implied(("admin",)), "", "api")
    for name, given in (("user.change-own-password", {"password": PASSWORD}), ("user.end-sessions", {})):
        with pytest.raises(OperationError) as caught:
            run(settings, core.REGISTRY, key, name, given, now_ms)
        assert caught.value.code == "not_a_user"


def test_ending_sessions_of_oneself_and_of_others(data: Path, ask: Ask, ada: tables.User, now_ms: int) -> None:
    ask("user.add", name="bob")
    begin(data, user(data, "bob"), now_ms)
    begin(data, ada, now_ms)
    assert ask("user.end-sessions") == {"sessions_ended": 1}
    assert ask("user.end-sessions-of", name="bob") == {"name": "bob", "sessions_ended": 1}


def test_the_last_administrator_stays(data: Path, ask: Ask, ada: tables.User) -> None:
    ask("user.add", name="reader", scope="read")
    for name, given in (
        ("user.remove", {}),
        ("user.disable", {"disabled": True}),
        ("user.set-scope", {"scope": "read"}),
    ):
        with pytest.raises(OperationError) as caught:
            ask(name, name="ada", **given)
        assert caught.value.code == "last_admin"
    ask("user.set-scope", name="reader", scope="admin")
    ask("user.remove", name="ada")
    assert [one.name for one in people.users(data)] == ["reader"]


def test_disabling_ends_sessions_and_can_be_undone(data: Path, ask: Ask, ada: tables.User, now_ms: int) -> None:
    ask("user.add", name="bob")
    token = begin(data, user(data, "bob"), now_ms)
    ask("user.disable", name="bob", disabled=True)
    assert user(data, "bob").disabled_ms == now_ms
    assert sessions.principal_of_session(data, token, "", now_ms) is None
    ask("user.disable", name="bob", disabled=False)
    assert user(data, "bob").disabled_ms is None


def test_nobody_of_that_name(ask: Ask) -> None:
    with pytest.raises(OperationError, match="no user") as caught:
        ask("user.remove", name="ghost")
    assert caught.value.status == 404


def test_hashing_happens_before_the_transaction(data: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []
    real = passwords.hashed

    def watch(password: str) -> str:
        with changing(data):  # would wait for the transaction that asks, and fail
            held.append(False)
        return real(password)

    monkeypatch.setattr(passwords, "hashed", watch)
    ask("user.add", name="bob", password=PASSWORD)
    ask("user.set-password", name="bob", password=PASSWORD)
    assert held == [False, False]


def test_a_password_changed_meanwhile_is_not_overwritten(
    data: Path, settings: Settings, ada: tables.User, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = begin(data, ada, now_ms)
    principal = sessions.principal_of_session(data, token, "", now_ms)
    assert principal is not None
    real = passwords.hashed

    def meanwhile(password: str) -> str:
        with changing(data) as connection:
            tables.set_password(connection, ada.id, "another")
        return real(password)

    monkeypatch.setattr(passwords, "hashed", meanwhile)
    with pytest.raises(OperationError) as caught:
        run(settings, core.REGISTRY, principal, "user.change-own-password", {"password": PASSWORD}, now_ms)
    assert caught.value.code == "changed_meanwhile"
    assert user(data, "ada").password == "another"
