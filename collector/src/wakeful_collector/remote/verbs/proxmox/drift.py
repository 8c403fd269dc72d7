"""drift: where clusters differ from the wishes that the collector keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.remote.failure import OK, PENDING
from wakeful_collector.remote.moments import ago
from wakeful_collector.remote.proxmox import naming, plans
from wakeful_collector.remote.proxmox.wishing import answered
from wakeful_collector.remote.table import Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
What it shows are the steps that would bring a cluster back to what is declared. Exit code 3 when there are any."""
EXAMPLES = """\
wakeful proxmox drift
wakeful proxmox drift --cluster lab --json
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    naming.add_cluster(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Show it."""
    found = answered(session, "proxmox.drift", naming.in_cluster(given))
    plan = found["plan"]
    if session.json:
        session.out.document(found)
    elif plan is None:
        session.err.line("No wishes are kept yet: wakeful proxmox wishes keep FILE")
    else:
        plans.told(session.out, plan, "Nothing drifted: all is as declared.")
        if found.get("since"):
            session.err.line(Styled(f"first seen {ago(found['since'], session.now_ms)} ago", "dim"))
    return PENDING if plan is not None and plans.steps_of(plan) else OK
