"""wake: a machine that is asleep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import arguments, asking
from wakeful_collector.remote.failure import usage

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Sends a magic packet from an agent in that machine's network, which looks whether the machine came up; or from the
collector itself, which only sends it: wakeful host NAME says when it is up. More arguments are key=value: wakeful
operations host.wake lists them."""
EXAMPLES = """\
wakeful wake nas
wakeful wake nas --no-wait
wakeful wake nas --wait 5m
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("host", metavar="HOST", help="the host's name or id")
    parser.add_argument("arguments", nargs="*", default=[], metavar="key=value", help="more arguments of host.wake")
    asking.add_waiting(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Wake a machine."""
    offered = asking.operation(session, "host.wake")
    words = arguments.pairs(given.arguments)
    if any(name == "host" for name, _ in words):
        raise usage("the host is named once", "wakeful wake HOST")
    host = session.host(given.host)
    made: dict[str, Any] = arguments.by_schema([("host", str(host["id"])), *words], offered.get("arguments") or {})
    if "relay" in made:
        made["relay"] = session.host_id(str(made["relay"]))
    return asking.carry_out(session, offered, made, given.wait)
