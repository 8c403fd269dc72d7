"""user and signin: who may look at the pages, and a link that lets somebody in."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wakeful_collector import accounts, clock
from wakeful_collector.cli.output import CommandError, plain, say, say_aside, say_json, say_table
from wakeful_collector.cli.parser import explained
from wakeful_collector.cli.parts import operate, settings_with_data
from wakeful_collector.read import people
from wakeful_collector.serving import place

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.cli.parts import Subparsers

LINK_MINUTES = 60
_ABOUT = {
    "add": "The password is asked for without echo, read from standard input, or from --password-file; it never stands "
    "in a command line.",
    "passwd": "Asks for the new password as `user add` does. Whoever is signed in by that name is signed out.",
    "remove": "Ends their sessions at once. What they did stays in the audit trail.",
}
_EXAMPLES = {
    "add": ("wakeful-collector user add ada --scope operate", "pass show ada | wakeful-collector user add ada"),
    "passwd": ("wakeful-collector user passwd ada",),
    "remove": ("wakeful-collector user remove ada",),
}


def add(subparsers: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the commands to the parser."""
    user = subparsers.add_parser(
        "user",
        help="people who may sign in: add, list, passwd, remove",
        **explained(
            "People sign in on the pages by name and password. A scope holds those before it: read looks, operate "
            "asks machines for things, admin does everything.",
            "wakeful-collector user add ada --scope operate",
            "wakeful-collector user list",
        ),
    )
    verbs = user.add_subparsers(metavar="VERB", required=True)
    for verb, text, run in (
        ("add", "let a person sign in", _add),
        ("passwd", "change a person's password, and end their sessions", _passwd),
        ("remove", "take a person's access away", _remove),
    ):
        one = verbs.add_parser(verb, parents=[common], help=text, **explained(_ABOUT[verb], *_EXAMPLES[verb]))
        one.add_argument("name", metavar="NAME", help="the name they sign in with")
        one.add_argument("--json", action="store_true", help="print JSON")
        if verb != "remove":
            one.add_argument(
                "--password-file",
                metavar="FILE",
                help="read the password from FILE (- is standard input) without asking",
            )
        if verb == "add":
            one.add_argument("--scope", choices=["read", "operate", "admin"], default="read", help="default: read")
        one.set_defaults(run=run)
    listing = verbs.add_parser(
        "list",
        parents=[common],
        help="show who may sign in",
        **explained("Shows names, scopes and since when.", "wakeful-collector user list --json"),
    )
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(run=_list)
    signin = subparsers.add_parser(
        "signin",
        parents=[common],
        help="print a link that signs a browser in, once",
        **explained(
            "For the first person, and for whoever locked themselves out. The link works once, within an hour; where "
            "nobody may sign in yet it makes the first administrator.",
            "wakeful-collector signin --data ./var",
        ),
    )
    signin.add_argument("--user", metavar="NAME", help="sign in as this person (default: the first administrator)")
    signin.add_argument("--json", action="store_true", help="print JSON")
    signin.set_defaults(run=_signin)


def _add(arguments: argparse.Namespace) -> int:
    chosen = settings_with_data()
    password = _password(arguments.password_file)
    made = operate(chosen, "user.add", {"name": arguments.name, "password": password, "scope": arguments.scope})
    return _done(arguments, made, f"{plain(arguments.name)} may sign in now ({arguments.scope}).")


def _passwd(arguments: argparse.Namespace) -> int:
    chosen = settings_with_data()
    made = operate(
        chosen, "user.set-password", {"name": arguments.name, "password": _password(arguments.password_file)}
    )
    return _done(arguments, made, f"The password of {plain(arguments.name)} is changed; older sessions have ended.")


def _remove(arguments: argparse.Namespace) -> int:
    made = operate(settings_with_data(), "user.remove", {"name": arguments.name})
    return _done(arguments, made, f"{plain(arguments.name)} can no longer sign in.")


def _done(arguments: argparse.Namespace, made: dict[str, object], text: str) -> int:
    if arguments.json:
        say_json(made)
    else:
        say(text)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    found = people.users(settings_with_data().data)
    if arguments.json:
        say_json(
            {
                "users": [
                    {"name": one.name, "scope": one.scope, "created": clock.rfc3339(one.created_ms)} for one in found
                ]
            }
        )
    elif not found:
        say_aside("Nobody yet. `wakeful-collector signin` prints a link for the first administrator.")
    else:
        rows = [(plain(one.name), one.scope, clock.rfc3339(one.created_ms)) for one in found]
        say_table(("NAME", "SCOPE", "SINCE"), rows)
    return 0


def _signin(arguments: argparse.Namespace) -> int:
    chosen = settings_with_data()
    try:
        token = accounts.create_signin_link(chosen.data, clock.now_ms(), arguments.user, LINK_MINUTES)
    except LookupError as error:
        raise CommandError(str(error)) from None
    url = f"{place.reach(chosen, place.running(chosen.data)).url}/sign-in/link/{token}"
    if arguments.json:
        say_json({"url": url, "minutes": LINK_MINUTES})
    else:
        say(url)
        say_aside(f"It works once, for {LINK_MINUTES} minutes.")
    return 0


def _password(file_name: str | None) -> str:
    if file_name == "-" or (file_name is None and not sys.stdin.isatty()):
        try:
            text = sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            raise CommandError("standard input is no text in UTF-8", 2) from None
    elif file_name is not None:
        try:
            text = Path(file_name).read_text(encoding="utf-8").splitlines()[0]
        except (OSError, ValueError, IndexError):
            raise CommandError(f"{file_name} holds no password in its first line", 2) from None
    else:
        text = getpass.getpass("New password: ")
        if getpass.getpass("Once more: ") != text:
            raise CommandError("the two passwords differ", 2)
    if not text:
        raise CommandError("a password must not be empty", 2)
    return text
