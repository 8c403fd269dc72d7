"""One-time links: how the first person gets in, and how the operator's shell lets anybody in again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.accounts.secrets import new_token, token_hash
from wakeful_collector.store import people
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

LINK_PREFIX = "wk_lnk_"
LINK_MINUTES = 60
FIRST_USER = "admin"


class NoSuchUser(LookupError):
    """There is nobody of that name."""


def create_signin_link(data: Path, now_ms: int, user: str | None = None, minutes: int = LINK_MINUTES) -> str:
    """Return the token of a link that signs one browser in, once, within `minutes`; only its hash is kept.

    Without `user` it is for the first administrator, who is made when the link is used and nobody is there yet.

    Raises:
        NoSuchUser: nobody has the name `user`.
    """
    token = new_token(LINK_PREFIX)
    with changing(data) as connection:
        number = None
        if user is not None:
            found = people.user_named(connection, user)
            if found is None:
                raise NoSuchUser(f"there is no user {user!r}")
            number = found.id
        people.add_link(connection, token_hash(token), number, now_ms, now_ms + minutes * 60_000)
    return token
