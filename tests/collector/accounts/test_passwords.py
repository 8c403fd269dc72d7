"""Passwords are argon2id hashes; weak ones are not taken; nobody's takes as long as somebody's."""

from __future__ import annotations

import argon2
import pytest

from wakeful_collector.accounts import passwords


def test_a_password_fits_its_own_hash_only() -> None:
    kept = passwords.hashed("correct horse battery")
    assert kept.startswith("$argon2id$")
    assert passwords.fits("correct horse battery", kept)
    assert not passwords.fits("correct horse batter", kept)
    assert kept != passwords.hashed("correct horse battery")


def test_nobody_and_damaged_hashes_fit_nothing() -> None:
    assert not passwords.fits("nobody has this password", None)
    assert not passwords.fits("anything at all", "no hash")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "at least 10"),
        ("x" * 513, "at most 512"),
        ("abababababab", "different"),
        ("Ada.Lovelace", "user name"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(password: str, said: str) -> None:
    with pytest.raises(passwords.WeakPassword, match=said):
        passwords.checked(password, "ada.lovelace")


def test_a_fit_password_is_taken_as_it_is() -> None:
    assert passwords.checked(" spaces are kept ", "ada") == " spaces are kept "


def test_hashes_of_weaker_days_are_seen() -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("something")
    assert passwords.outdated(weak)
    assert not passwords.outdated(passwords.hashed("something"))
