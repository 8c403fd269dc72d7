"""start, stop, restart, kill: a game server's power, through the agent that looks after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.remote import asking
from wakeful_collector.remote.verbs import ask

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Asks the host whose agent has the watch for server.start, server.stop, server.restart or server.kill, if its agent.toml
permits that. A server that somebody stops this way is left alone by its watch. wakeful servers lists them."""
EXAMPLES = """\
wakeful start node-7 survival
wakeful restart node-7 survival
wakeful stop node-7 survival --yes
wakeful kill node-7 survival
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("host", metavar="HOST", help="the host whose agent has the watch")
    parser.add_argument("watch", metavar="WATCH", help="the watch's name")
    asking.add_waiting(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Ask for the verb that the command is called by."""
    return ask.command(session, given, f"server.{given.verb}", [("watch", given.watch)])
