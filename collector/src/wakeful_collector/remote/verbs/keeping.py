"""repair, pause, resume: what a watch does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.moments import seconds_of

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
A watch that pauses looks on and tells, and repairs nothing: for maintenance. wakeful watches lists them."""
EXAMPLES = """\
wakeful pause node-7 survival --for 2h
wakeful resume node-7 survival
wakeful repair web-1 nginx
"""
_QUESTIONS = {"repair": "Repair {watch} on {host} now.", "pause": "Let {watch} on {host} rest.", "resume": ""}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("host", metavar="HOST", help="the host whose agent has the watch")
    parser.add_argument("watch", metavar="WATCH", help="the watch's name")
    if parser.prog.endswith(" pause"):
        parser.add_argument(
            "--for",
            dest="span",
            type=seconds_of,
            metavar="TIME",
            help="how long, like 30m or 2h (default: until resumed)",
        )
    asking.add_waiting(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Run the verb that the command is called by."""
    offered = asking.operation(session, f"watch.{given.verb}")
    host = session.host(given.host)
    made: dict[str, Any] = {"host": host["id"], "watch": given.watch}
    if getattr(given, "span", None):
        made["seconds"] = given.span
    question = _QUESTIONS[given.verb].replace("{watch}", given.watch).replace("{host}", str(host["name"]))
    danger = str(offered.get("danger")) if question else "none"
    session.confirm(question, danger, given.watch, given.yes)
    return asking.carry_out(session, offered, made, given.wait)
