"""test-connection: whether a cluster can be reached, and what the login may do there, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import arguments, asking
from wakeful_collector.remote.failure import FAILED, OK, usage
from wakeful_collector.remote.proxmox import testing
from wakeful_collector.remote.verbs.run import value_of

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Each failure is explained: the name, the port, the certificate with the fingerprint that was seen, the login, and which
privilege is missing where. At the end stand the pveum lines that make a token with just the privileges for what is
wanted: look (only read), act (power, snapshots, backups, guests), declare (everything that wishes may change).

Settings may be tried before a cluster is added, or instead of those that are kept: key=value."""
EXAMPLES = """\
wakeful proxmox test-connection
wakeful proxmox test-connection lab -v --for act
wakeful proxmox test-connection hosts=pve1.lan login=wakeful@pve!wakeful secret=@token.txt
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("arguments", nargs="*", metavar="CLUSTER|key=value", help="which one (default: the only one)")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what went well, and the pveum lines, too")
    parser.add_argument(
        "--for",
        dest="wanted",
        choices=("look", "act", "declare"),
        default="look",
        help="what is wanted there (default: look)",
    )


def run(session: Session, given: argparse.Namespace) -> int:
    """Test it."""
    found = testing.tested(session, _asked(session, given.arguments) | {"wants": given.wanted})
    if session.json:
        session.out.document(found)
    else:
        testing.told(session.out, found, only_wrong=not given.verbose)
        if given.verbose or not found.get("ok"):
            testing.token_lines(session.out, found)
    return OK if found.get("ok") else FAILED


def _asked(session: Session, words: list[str]) -> dict[str, Any]:
    """Return a cluster's name and settings as the operation takes them; raise Failure."""
    names = [word for word in words if "=" not in word]
    if len(names) > 1:
        raise usage(f"{names[1]!r} is too much", "one cluster is tested at a time")
    asked = {"cluster": names[0]} if names else {}
    pairs = arguments.pairs([word for word in words if "=" in word])
    if not pairs:
        return asked
    offered = asking.operation(session, "proxmox.test")
    secret = set(offered.get("secrets") or [])
    typed = [value_of(session, name, text, name in secret) for name, text in pairs]
    return asked | arguments.by_schema(typed, offered.get("arguments") or {})
