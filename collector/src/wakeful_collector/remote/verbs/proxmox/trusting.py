"""trust: another certificate of a cluster is believed from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.remote import asking
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.table import Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
The fingerprint is the SHA-256 of the certificate; compare the one that was seen (wakeful proxmox test-connection) with
what the node says itself: pvenode cert info, or the node's page under System, Certificates."""
EXAMPLES = """\
wakeful proxmox trust lab 5F:2A:...:E1
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("cluster", metavar="CLUSTER", help="which cluster")
    parser.add_argument("fingerprint", metavar="FINGERPRINT", help="the certificate's SHA-256, however it is written")
    asking.add_sureness(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Trust it."""
    session.confirm(
        f"Believe the certificate {given.fingerprint} at {given.cluster}.", "changes", given.cluster, given.yes
    )
    asked = {"cluster": given.cluster, "fingerprint": given.fingerprint}
    found = asking.result_of(session, "proxmox.trust", asked)
    if session.json:
        session.out.document({"operation": "proxmox.trust", "result": found, "command": None})
    else:
        session.out.line(Styled("done", "good"), f" {given.cluster} is believed with that certificate")
    return OK
