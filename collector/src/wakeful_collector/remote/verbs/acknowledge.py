"""acknowledge: somebody looks after an incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.remote import arguments, asking

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = "Reminders about it end. wakeful incidents lists them."
EXAMPLES = """\
wakeful acknowledge 7f3a2c
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("incident", metavar="INCIDENT", help="the incident's id")


def run(session: Session, given: argparse.Namespace) -> int:
    """Acknowledge an incident."""
    offered = asking.operation(session, "incident.acknowledge")
    schema = offered.get("arguments") or {}
    name = next(iter(schema.get("required") or ["id"]))
    return asking.carry_out(session, offered, arguments.by_schema([(name, given.incident)], schema), 0)
