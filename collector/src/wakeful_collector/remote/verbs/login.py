"""login: a collector's address and an API key, tried once and kept."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wakeful_collector.remote import address, profiles
from wakeful_collector.remote.connection import Untrusted, Way, shown_fingerprint
from wakeful_collector.remote.failure import OK, REFUSED, Failure, usage
from wakeful_collector.remote.profiles import Book, Profile
from wakeful_collector.remote.session import connect

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
The key is asked for without echo, or read from standard input; it never stands in a command line. Keys are made on the
collector: wakeful-collector key create --name laptop --scope operate

A certificate that nobody vouches for is shown with its fingerprint, to be compared with what the collector prints at
its start; it is pinned when you agree, and nothing else is believed from then on."""
EXAMPLES = """\
wakeful login https://wakeful.example.org
wakeful login https://10.0.0.5:8800 --profile lab --fingerprint sha256:5d2f...
pass show wakeful | wakeful login https://wakeful.example.org
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("address", nargs="?", metavar="URL", help="the collector; without it: the profile's own, again")
    parser.add_argument("--fingerprint", metavar="sha256:...", help="the certificate to believe, and no other")
    parser.add_argument("--ca-file", metavar="FILE", help="authorities to believe instead of the system's")
    parser.add_argument(
        "--default", action="store_true", help="make this the collector that is meant when none is named"
    )


def run(session: Session, given: argparse.Namespace) -> int:
    """Keep a collector."""
    file = profiles.place(session.environ)
    book = profiles.load(file)
    wanted = _wanted(given, book, session.named or session.environ.get("WAKEFUL_PROFILE", ""))
    name = wanted.name
    if address.parse(wanted.url).scheme == "http" and not address.parse(wanted.url).loopback:
        session.err.line("That is http, not https: everybody on the way can read the key.")
    trusted = _trusted(session, wanted)
    profile = trusted._replace(api_key=_key(session, trusted.url))
    client = connect(profile, session.environ, session.timeout_seconds)
    try:
        me = client.get("/me")
    finally:
        client.close()
    default = name if given.default or not book.default else book.default
    profiles.save(file, Book({**book.profiles, name: profile}, default))
    scopes = me.get("scopes") if isinstance(me.get("scopes"), list) else []
    if session.json:
        document = {"profile": name, "url": profile.url, "name": me.get("name"), "scopes": scopes}
        session.out.document({**document, "fingerprint": profile.fingerprint or None, "default": default == name})
    else:
        session.out.line(f"Logged in to {profile.url} as {me.get('name')}, which may: {', '.join(map(str, scopes))}.")
        session.out.line(f"Kept as the profile {name} in {file}.")
    return OK


def _wanted(given: argparse.Namespace, book: Book, named: str) -> Profile:
    """Return the profile that is to be, without its key; raise Failure."""
    known = book.profiles.get(named or book.default)
    said = given.address or given.url or (known.url if known else "")
    if not said:
        raise usage("which collector?", "name its address: wakeful login https://wakeful.example.org")
    try:
        url = address.parse(said).text
    except ValueError as error:
        raise usage(f"{said[:200]!r} {error}") from None
    try:
        pin = address.fingerprint(given.fingerprint) if given.fingerprint else ""
    except ValueError as error:
        raise usage(f"--fingerprint {error}") from None
    name = profiles.check_name(named or _name(book, url))
    known = book.profiles.get(name)
    # A pin of before is not taken over: logging in again is how a new certificate is accepted.
    same = known if known is not None and known.url == url and not pin else None
    return Profile(name, url, "", pin, given.ca_file or (same.ca_file if same else ""))


def _name(book: Book, url: str) -> str:
    """Return the name of a profile that was not named: no other collector's profile is overwritten by accident."""
    same = next((name for name, profile in book.profiles.items() if profile.url == url), "")
    return same or (address.parse(url).host.replace(":", "-") if book.profiles else "default")


def _trusted(session: Session, wanted: Profile) -> Profile:
    """Return the profile with the certificate that is to be believed, before any key is sent; raise Failure."""
    where = address.parse(wanted.url)
    if where.scheme == "http" or wanted.fingerprint:
        return wanted
    way = Way(where, "", wanted.ca_file, address.proxy(where, session.environ))
    try:
        _greet(way, session.timeout_seconds)
    except Untrusted as problem:
        shown = shown_fingerprint(way, session.timeout_seconds)
        _agree(session, problem, shown)
        return wanted._replace(fingerprint=shown)
    return wanted


def _greet(way: Way, timeout_seconds: float) -> None:
    """Ask for what everybody may see; raise Untrusted when the certificate is not believed."""
    from wakeful_collector.remote.connection import Connection

    greeting = Connection(way, timeout_seconds)
    greeting.request("GET", "/healthz", {}, None)
    greeting.close()


def _agree(session: Session, problem: Failure, shown: str) -> None:
    if not session.attended:
        hint = f"compare it with what the collector prints at its start, then: --fingerprint {shown}"
        raise Failure(REFUSED, "untrusted", f"{problem.message}; it shows {shown}", hint)
    session.err.line(f"{problem.message}.")
    session.err.line(f"It shows {shown}")
    session.err.line(
        "Compare that with what the collector prints at its start, or with wakeful-collector invite there."
    )
    session.err.script("Pin this certificate? [y/N] ")
    if sys.stdin.readline().strip().casefold() not in {"y", "yes"}:
        raise Failure(REFUSED, "untrusted", "nothing was kept")


def _key(session: Session, url: str) -> str:
    stored = profiles.secret_of(session.environ)
    if stored:
        return stored
    return profiles.checked_key(session.secret(f"API key for {url}: "))
