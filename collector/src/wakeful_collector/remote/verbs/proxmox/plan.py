"""plan: what would be changed to fulfil wishes, in which order, and what it does to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.remote.failure import OK, PENDING, USAGE
from wakeful_collector.remote.proxmox import naming, plans
from wakeful_collector.remote.proxmox.wishing import planned

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Reads the clusters and changes nothing. Without files it plans the wishes that the collector keeps. Each step says what
was, what is to be, why, and what it does: live (nobody notices), reboots its guest, stops it, destroys something.

Exit codes: 0 all is as declared, 3 changes are pending, 2 files or wishes make no sense, 7 it was
refused, 1 it could not be planned."""
EXAMPLES = """\
wakeful proxmox plan wishes/
wakeful proxmox plan web.yaml --json | jq -r .plan.digest
wakeful proxmox plan wishes/ --cluster lab || test $? = 3
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="files and folders, - for standard input")
    naming.add_cluster(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Plan."""
    found = planned(session, given.files, naming.in_cluster(given))
    plan = found["plan"]
    if session.json:
        session.out.document(found)
    else:
        plans.told(session.out, plan, "All is as declared.")
    if plans.steps_of(plan):
        if not session.json:
            flags = " ".join(plans.flags_of(plan))
            files = " ".join(given.files)
            session.err.line("To do this: ", " ".join(f"wakeful proxmox apply {files} {flags}".split()))
        return PENDING
    return USAGE if plans.problems_of(plan) else OK
