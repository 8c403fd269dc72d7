"""Guessing is slowed for whoever guesses; nobody can lock somebody else out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import argon2
import pytest

from wakeful_collector.accounts import door, passwords
from wakeful_collector.accounts.sessions import Visitor, principal_of_session
from wakeful_collector.read import audit, people
from wakeful_collector.store import people as tables
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "correct horse battery"
HOME = Visitor("192.0.2.7", "browser")
ELSEWHERE = Visitor("198.51.100.9", "script")


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hasher with less work: what is tested here is patience."""
    monkeypatch.setattr(passwords, "_HASHER", argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    monkeypatch.setattr(passwords, "_NOBODY", "")


@pytest.fixture
def ada(data: Path, now_ms: int) -> Path:
    with changing(data) as connection:
        tables.add_user(connection, "ada", passwords.hashed(PASSWORD), "admin", now_ms)
    return data


def guess(data: Path, now_ms: int, visitor: Visitor = ELSEWHERE, name: str = "ada") -> door.Admission:
    return door.sign_in(data, name, "wrong password", visitor, now_ms, 30)


def enter(data: Path, now_ms: int, visitor: Visitor = HOME) -> door.Admission:
    return door.sign_in(data, " ADA ", PASSWORD, visitor, now_ms, 30)


def test_the_right_password_opens(ada: Path, now_ms: int) -> None:
    admission = enter(ada, now_ms)
    assert admission.token is not None
    assert principal_of_session(ada, admission.token, "", now_ms) is not None
    entry = audit.rows(ada, 1)[0].entry
    assert (entry.principal, entry.operation, entry.outcome) == ("user:ada", "session.begin", "done")


def test_wrong_unknown_locked_out_and_without_password_look_the_same(ada: Path, now_ms: int) -> None:
    with changing(ada) as connection:
        tables.add_user(connection, "by-link", None, "read", now_ms)
        gone = tables.add_user(connection, "gone", passwords.hashed(PASSWORD), "read", now_ms)
        tables.set_disabled(connection, gone.id, now_ms)
    answers = [guess(ada, now_ms, name=name) for name in ("ada", "nobody", "by-link")]
    answers.append(door.sign_in(ada, "gone", PASSWORD, ELSEWHERE, now_ms, 30))
    assert answers == [door.Admission(None, 0)] * 4
    assert [row.entry.outcome for row in audit.rows(ada, 10)] == ["refused"] * 4


def test_after_five_failures_a_place_waits_longer_each_time(ada: Path, now_ms: int) -> None:
    waits = []
    for _ in range(8):
        wait = guess(ada, now_ms).wait_seconds
        waits.append(wait)
        now_ms += wait * 1000
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8]
    tries = people_failures(ada)
    assert guess(ada, now_ms - 500).wait_seconds == 1
    assert people_failures(ada) == tries, "a try while waiting is not even checked"


def people_failures(data: Path) -> int:
    return sum(1 for row in audit.rows(data, 100) if row.entry.outcome == "refused")


def test_waiting_refuses_even_the_right_password_there_but_not_elsewhere(ada: Path, now_ms: int) -> None:
    for _ in range(5):
        guess(ada, now_ms, HOME)
    assert enter(ada, now_ms, HOME).token is None
    assert enter(ada, now_ms, Visitor("192.0.2.8")).token is not None
    assert enter(ada, now_ms + 2_000, HOME).token is not None


def test_a_crowd_of_guessers_cannot_lock_the_person_out(ada: Path, now_ms: int) -> None:
    assert enter(ada, now_ms).token is not None, "home is a known place from now on"
    for number in range(40):
        guess(ada, now_ms, Visitor(f"203.0.113.{number}"))
    fresh = Visitor("198.51.100.77")
    assert guess(ada, now_ms, fresh).wait_seconds == 1, "from new places one free try is left"
    for _ in range(4):
        assert guess(ada, now_ms, HOME).wait_seconds == 0, "a known place keeps all its tries"
    assert enter(ada, now_ms).token is not None
    assert enter(ada, now_ms, Visitor("198.51.100.78")).token is not None, "and the first try counts anywhere"


def test_an_address_that_tries_many_names_waits(ada: Path, now_ms: int) -> None:
    for number in range(30):
        assert guess(ada, now_ms, name=f"name{number}").wait_seconds == (1 if number == 29 else 0)
    assert guess(ada, now_ms, name="another").wait_seconds == 1


def test_failures_are_forgotten_after_an_hour_and_by_success(ada: Path, now_ms: int) -> None:
    for _ in range(5):
        guess(ada, now_ms)
    assert guess(ada, now_ms + door.FORGET_MS).wait_seconds == 0
    for _ in range(3):
        guess(ada, now_ms, HOME)
    assert enter(ada, now_ms).token is not None
    for _ in range(4):
        assert guess(ada, now_ms, HOME).wait_seconds == 0


def test_waiting_has_an_end(ada: Path, now_ms: int) -> None:
    with changing(ada) as connection:
        for _ in range(60):
            tables.count_failure(connection, "pair 198.51.100.9 ada", now_ms, 0)
    assert guess(ada, now_ms).wait_seconds == door.WAIT_SECONDS_MAX


def test_old_hashes_are_made_anew_at_sign_in(ada: Path, now_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = people.users(ada)[0].password
    monkeypatch.setattr(passwords, "_HASHER", argon2.PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    assert enter(ada, now_ms).token is not None
    after = people.users(ada)[0].password
    assert after is not None
    assert after != before
    assert not passwords.outdated(after)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix socket", "unix socket"),
    ],
)
def test_a_place_is_an_address_or_a_64(address: str, place: str) -> None:
    assert door.network_of(address) == place


def test_tries_at_the_same_time_count_before_they_are_checked(
    ada: Path, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once: list[door.Admission] = []
    real = passwords.fits

    def slow(password: str, kept: str | None) -> bool:
        if len(at_once) < 10:
            at_once.append(door.Admission(None))
            at_once.append(guess(ada, now_ms))
        return real(password, kept)

    monkeypatch.setattr(passwords, "fits", slow)
    guess(ada, now_ms)
    assert people_failures(ada) == door.FREE_PAIR, "the others were turned away unchecked"


def test_confirming_has_the_same_patience(ada: Path, now_ms: int) -> None:
    user = people.users(ada)[0]
    assert door.confirm(ada, user, PASSWORD, "192.0.2.7", now_ms) == door.Admission("")
    answers = [door.confirm(ada, user, "wrong password", "192.0.2.7", now_ms) for _ in range(6)]
    assert [answer.wait_seconds for answer in answers] == [0, 0, 0, 0, 1, 1]
    assert door.confirm(ada, user, PASSWORD, "192.0.2.7", now_ms).token is None, "guessing has used up the tries"
    assert door.confirm(ada, user, PASSWORD, "192.0.2.7", now_ms + 1000).token == ""


def test_patience_has_an_end_however_often_and_whatever_the_clock_did(ada: Path, now_ms: int) -> None:
    """Who has guessed for weeks waits for a quarter of an hour, who failed before the clock was set back not at all."""
    place = ELSEWHERE.address
    with changing(ada) as connection:
        for _ in range(1_100):
            tables.count_failure(connection, f"pair {place} ada", now_ms, now_ms - door.FORGET_MS)
        assert door.wait_seconds(connection, "ada", place, now_ms) == door.WAIT_SECONDS_MAX
        year_ahead_ms = now_ms + 365 * 86_400_000
        for _ in range(10):
            tables.count_failure(connection, f"pair {HOME.address} ada", year_ahead_ms, year_ahead_ms - door.FORGET_MS)
        assert door.wait_seconds(connection, "ada", HOME.address, now_ms) == 0
