"""profiles: the collectors that are known here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.remote import profiles
from wakeful_collector.remote.failure import NOT_FOUND, OK, Failure
from wakeful_collector.remote.table import Cell, Column, Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = "Keys are never shown."
EXAMPLES = """\
wakeful profiles
wakeful profiles --use lab
"""
_HEADS = (Column("PROFILE", 8), Column("", 0), Column("URL", 16), Column("BELIEVES", 12, spare=1))


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--use", metavar="NAME", help="make this the collector that is meant when none is named")


def run(session: Session, given: argparse.Namespace) -> int:
    """List profiles."""
    file = profiles.place(session.environ)
    book = profiles.load(file)
    if given.use is not None:
        if given.use not in book.profiles:
            raise Failure(NOT_FOUND, "unknown_profile", f"there is no profile {given.use!r}", "see: wakeful profiles")
        book = book._replace(default=given.use)
        profiles.save(file, book)
    if session.json:
        session.out.document({"profiles": [_document(one, book.default) for one in book.profiles.values()]})
    elif not book.profiles:
        session.err.line("No collector is known here. Log in: wakeful login https://wakeful.example.org")
    else:
        session.out.table(_HEADS, [_row(one, book.default) for one in book.profiles.values()])
    return OK


def _document(profile: profiles.Profile, default: str) -> dict[str, object]:
    return {
        "profile": profile.name,
        "url": profile.url,
        "fingerprint": profile.fingerprint or None,
        "ca_file": profile.ca_file or None,
        "default": profile.name == default,
    }


def _row(profile: profiles.Profile, default: str) -> list[Cell]:
    believes = profile.fingerprint or profile.ca_file or "the system's authorities"
    if profile.url.startswith("http:"):
        believes = "nobody: http"
    return [profile.name, Styled("default" if profile.name == default else "", "good"), profile.url, believes]
