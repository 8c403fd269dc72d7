"""Sessions: a browser that signed in carries a random token; the collector keeps its hash and can end it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.accounts import links
from wakeful_collector.accounts.principal import Principal, implied
from wakeful_collector.accounts.secrets import new_token, token_hash
from wakeful_collector.store import audit, database, people
from wakeful_collector.store.changes import changing, note

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

SESSION_PREFIX = "wk_ses_"
TOUCH_MS = 60_000
_PROGRAM_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser at the door: its address and what it calls itself."""

    address: str
    program: str = ""


def principal_of_session(data: Path, token: str, address: str, now_ms: int) -> Principal | None:
    """Return who holds the session `token`; None when it is unknown, over, or its user is locked out."""
    digest = token_hash(token)
    found = people.session_with(database.reader(data, "state"), digest)
    if found is None:
        return None
    session, user = found
    if session.expires_ms <= now_ms or user.disabled_ms is not None:
        return None
    if now_ms - session.seen_ms > TOUCH_MS:
        note(data, lambda connection: people.touch_session(connection, digest, now_ms))
    return Principal(f"user:{user.name}", implied((user.scope,)), address, "web", digest, user.id)


def begin(connection: sqlite3.Connection, user: people.User, visitor: Visitor, now_ms: int, days: float) -> str:
    """Start a session of `user` inside the caller's transaction and return its token."""
    token = new_token(SESSION_PREFIX)
    session = people.Session(
        token_hash(token),
        user.id,
        now_ms,
        now_ms,
        now_ms + round(days * 86_400_000),
        visitor.address,
        visitor.program[:_PROGRAM_CHARACTERS_MAX],
    )
    people.add_session(connection, session)
    people.add_place(connection, user.id, visitor.address, now_ms)
    return token


def sign_out(data: Path, principal: Principal, now_ms: int) -> None:
    """End the session the principal came with."""
    with changing(data) as connection:
        people.remove_session(connection, principal.secret_hash)
        audit.append(connection, _entry(now_ms, principal.name, principal.address, "session.end", "done"))


def sign_in_by_link(data: Path, token: str, visitor: Visitor, now_ms: int, days: float) -> str | None:
    """Spend a one-time link and return the token of a new session; None when the link is spent, over or unknown.

    A link without a user belongs to the first administrator, made here when nobody is there yet. Once there are users
    it is for the oldest administrator who is not locked out.
    """
    with changing(data) as connection:
        spent = people.spend_link(connection, token_hash(token), now_ms)
        user = None if spent is None else _user_of_link(connection, spent[0], now_ms)
        name = "nobody" if user is None else f"user:{user.name}"
        outcome = "refused" if user is None else "done"
        audit.append(connection, _entry(now_ms, name, visitor.address, "session.begin-by-link", outcome))
        return None if user is None else begin(connection, user, visitor, now_ms, days)


def _user_of_link(connection: sqlite3.Connection, number: int | None, now_ms: int) -> people.User | None:
    if number is not None:
        user = people.user_by_id(connection, number)
        return None if user is None or user.disabled_ms is not None else user
    everybody = people.users(connection)
    if not everybody:
        return people.add_user(connection, links.FIRST_USER, None, "admin", now_ms)
    able = [user for user in everybody if user.scope == "admin" and user.disabled_ms is None]
    return min(able, key=lambda user: user.id, default=None)


def _entry(now_ms: int, principal: str, address: str, operation: str, outcome: str) -> audit.Entry:
    return audit.Entry(now_ms, principal, address, "web", operation, "", outcome)
