"""sync: a cluster is read now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import FAILED, OK, TIMED_OUT
from wakeful_collector.remote.moments import seconds_of
from wakeful_collector.remote.proxmox import naming
from wakeful_collector.remote.table import Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Clusters are read all the time; this asks for everything anew at once and waits until it was looked at. Nothing of the
cluster is changed."""
EXAMPLES = """\
wakeful proxmox sync
wakeful proxmox sync --cluster lab --wait 5m
"""
_WAIT_SECONDS = 60


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    naming.add_cluster(parser)
    parser.add_argument(
        "--wait", type=seconds_of, default=_WAIT_SECONDS, metavar="TIME", help=f"how long (default: {_WAIT_SECONDS}s)"
    )


def run(session: Session, given: argparse.Namespace) -> int:
    """Ask for it and wait."""
    asked: dict[str, Any] = naming.in_cluster(given)
    found = asking.result_of(session, "proxmox.sync", asked, given.wait)
    clusters = records(found, "clusters")
    if session.json:
        session.out.document({"operation": "proxmox.sync", "result": found, "command": None})
    for one in [] if session.json else clusters:
        _tell(session, one)
    states = {one.get("ok") for one in clusters}
    return FAILED if False in states else TIMED_OUT if None in states else OK


def _tell(session: Session, one: dict[str, Any]) -> None:
    name = str(one.get("cluster"))
    session.out.line(Styled(name, "bold"), f" {one.get('error') or 'was read'}")
