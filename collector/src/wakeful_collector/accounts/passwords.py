"""Passwords: argon2id, with a bound on how many are worked on at once."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

CHARACTERS_MIN = 10
CHARACTERS_MAX = 512
_AT_ONCE = threading.BoundedSemaphore(2)  # each takes 64 MiB: a crowd at the door must not take the machine's memory
_HASHER = PasswordHasher()


class WeakPassword(ValueError):
    """A password that is not taken; the text says why."""


def checked(password: str, user: str) -> str:
    """Return `password` if it is fit for the person named `user`; raise WeakPassword saying why not."""
    if len(password) < CHARACTERS_MIN:
        raise WeakPassword(f"a password needs at least {CHARACTERS_MIN} characters")
    if len(password) > CHARACTERS_MAX:
        raise WeakPassword(f"a password has at most {CHARACTERS_MAX} characters")
    if len(set(password)) < 4:
        raise WeakPassword("a password needs at least 4 different characters")
    if password.casefold() == user.casefold():
        raise WeakPassword("the password must not be the user name")
    return password


def hashed(password: str) -> str:
    """Return the argon2id hash of `password`, parameters and salt included (RFC 9106, the low-memory profile)."""
    with _AT_ONCE:
        return _HASHER.hash(password.encode("utf-8", "surrogatepass"))


def fits(password: str, kept: str | None) -> bool:
    """Tell whether `password` is the one of the hash `kept`; takes as long when there is none."""
    with _AT_ONCE:
        try:
            right = _HASHER.verify(kept or _nobody(), password.encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False
    return right and kept is not None


def outdated(kept: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def _nobody() -> str:
    global _NOBODY  # noqa: PLW0603 - made once, when first needed: hashing takes a while
    if not _NOBODY:
        _NOBODY = _HASHER.hash(b"nobody has this password")
    return _NOBODY


_NOBODY = ""
