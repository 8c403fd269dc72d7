"""The door for people: name and password, with patience that grows for whoever guesses and locks nobody else out.

Failures are counted for a pair of address and name, for an address, and for a name. The first two make that address
wait. The third never shuts the name: it only takes away the free attempts of addresses the person never came from.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.accounts import passwords, sessions
from wakeful_collector.store import audit, database, people
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from wakeful_collector.accounts.sessions import Visitor

FREE_PAIR = 5
FREE_ADDRESS = 30
FREE_NAME = 20
WAIT_SECONDS_MAX = 900
FORGET_MS = 3_600_000
NAME_CHARACTERS_MAX = 64


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a sign-in: a session `token`, or None with the seconds to wait before the next try counts."""

    token: str | None
    wait_seconds: int = 0


def sign_in(data: Path, name: str, password: str, visitor: Visitor, now_ms: int, days: float) -> Admission:
    """Check name and password and start a session; a person who must wait is not even checked."""
    name = name.strip()[:NAME_CHARACTERS_MAX]
    place = network_of(visitor.address)
    wait = _claim(data, name, place, now_ms)
    if wait:
        return Admission(None, wait)
    user = people.user_named(database.reader(data, "state"), name)
    right = passwords.fits(password[: passwords.CHARACTERS_MAX + 1], None if user is None else user.password)
    with changing(data) as connection:
        if not right or user is None or user.disabled_ms is not None:
            _note(connection, now_ms, name, visitor, "refused")
            return Admission(None, wait_seconds(connection, name, place, now_ms))
        _forgive(connection, name, place)
        if user.password and passwords.outdated(user.password):
            people.set_password(connection, user.id, passwords.hashed(password))
        token = sessions.begin(connection, user, visitor, now_ms, days)
        _note(connection, now_ms, user.name, visitor, "done")
    return Admission(token)


def confirm(data: Path, user: people.User, password: str, address: str, now_ms: int) -> Admission:
    """Check the password of somebody who is in already, with the same patience; `token` is empty when it is right."""
    place = network_of(address)
    wait = _claim(data, user.name, place, now_ms)
    if wait:
        return Admission(None, wait)
    if not passwords.fits(password, user.password):
        return Admission(None, wait_seconds(database.reader(data, "state"), user.name, place, now_ms))
    with changing(data) as connection:
        _forgive(connection, user.name, place)
    return Admission("")


def wait_seconds(connection: sqlite3.Connection, name: str, place: str, now_ms: int) -> int:
    """Return how long `place` must wait before it may try `name` again; 0 when it may now."""
    pair, address, subject = (people.failures(connection, item) for item in _subjects(name, place))
    free = FREE_PAIR
    if _recent(subject, now_ms) > FREE_NAME and not people.knows_place(connection, name, place):
        free = 1
    return max(_penalty(pair, free, now_ms), _penalty(address, FREE_ADDRESS, now_ms))


def network_of(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))


def _claim(data: Path, name: str, place: str, now_ms: int) -> int:
    """Count a try before it is checked, so that many at the same time count too; return the wait that forbids it."""
    with changing(data) as connection:
        wait = wait_seconds(connection, name, place, now_ms)
        if not wait:
            for subject in _subjects(name, place):
                people.count_failure(connection, subject, now_ms, now_ms - FORGET_MS)
        return wait


def _forgive(connection: sqlite3.Connection, name: str, place: str) -> None:
    pair, *others = _subjects(name, place)
    people.clear_failures(connection, pair)
    for subject in others:
        people.take_back_failure(connection, subject)


def _subjects(name: str, place: str) -> tuple[str, str, str]:
    folded = name.casefold()
    return f"pair {place} {folded}", f"address {place}", f"name {folded}"


def _recent(failures: tuple[int, int], now_ms: int) -> int:
    count, last_ms = failures
    # One of the future was noted before the clock was set back: nobody waits for as long as that was.
    return count if -WAIT_SECONDS_MAX * 1000 <= now_ms - last_ms < FORGET_MS else 0


def _penalty(failures: tuple[int, int], free: int, now_ms: int) -> int:
    beyond = _recent(failures, now_ms) - free
    if beyond < 0:
        return 0
    wait_ms = min(2.0 ** min(beyond, 10), WAIT_SECONDS_MAX) * 1000
    return max(0, -int(-(failures[1] + wait_ms - now_ms) // 1000))


def _note(connection: sqlite3.Connection, now_ms: int, name: str, visitor: Visitor, outcome: str) -> None:
    entry = audit.Entry(now_ms, f"user:{name}", visitor.address, "web", "session.begin", "", outcome)
    audit.append(connection, entry)
