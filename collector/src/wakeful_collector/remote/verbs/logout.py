"""logout: a collector is forgotten here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.remote import profiles
from wakeful_collector.remote.failure import NOT_FOUND, OK, Failure
from wakeful_collector.remote.profiles import Book

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
The key itself stays valid: wakeful-collector key revoke, or the settings page, make it worthless."""
EXAMPLES = """\
wakeful logout
wakeful logout lab
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("name", nargs="?", metavar="PROFILE", help="which (default: the one that is meant)")


def run(session: Session, given: argparse.Namespace) -> int:
    """Forget a profile."""
    file = profiles.place(session.environ)
    book = profiles.load(file)
    name = given.name or session.named or session.environ.get("WAKEFUL_PROFILE") or book.default
    if name not in book.profiles:
        known = ", ".join(book.profiles) or "none"
        raise Failure(NOT_FOUND, "unknown_profile", f"there is no profile {name!r}", f"known are: {known}")
    left = {other: profile for other, profile in book.profiles.items() if other != name}
    default = book.default if book.default in left else next(iter(left), "")
    profiles.save(file, Book(left, default))
    if session.json:
        session.out.document({"profile": name, "forgotten": True, "default": default or None})
    else:
        session.out.line(f"The profile {name} and its key are forgotten here; the key itself stays valid.")
    return OK
