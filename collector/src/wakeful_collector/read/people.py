"""Questions about people, their sessions and API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import database
from wakeful_collector.store import people as tables

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.people import Key, Session, User


def users(data: Path) -> list[User]:
    """Return everybody, by name."""
    with database.translated():
        return tables.users(database.reader(data, "state"))


def user(data: Path, number: int) -> User | None:
    """Return the person with that number."""
    with database.translated():
        return tables.user_by_id(database.reader(data, "state"), number)


def sessions(data: Path, number: int) -> list[Session]:
    """Return the sessions of the person with that number, last seen first."""
    with database.translated():
        return tables.sessions_of(database.reader(data, "state"), number)


def keys(data: Path) -> list[Key]:
    """Return all API keys, newest first; their secrets are known to nobody."""
    with database.translated():
        return tables.keys(database.reader(data, "state"))
