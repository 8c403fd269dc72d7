"""validate: every error of files of wishes, each with file, line and path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.remote import asking
from wakeful_collector.remote.failure import OK, USAGE
from wakeful_collector.remote.proxmox import documents, plans
from wakeful_collector.remote.table import Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Files, folders (whatever ends in .yaml or .yml below them) and - for standard input. Nothing of a cluster is looked at
and nothing is changed. Exit code 2 when something is wrong."""
EXAMPLES = """\
wakeful proxmox validate wishes/
wakeful proxmox validate web.yaml db.yaml --json | jq -r '.errors[].message'
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="files and folders, - for standard input")


def run(session: Session, given: argparse.Namespace) -> int:
    """Check them."""
    asked = {"files": documents.gathered(given.files)}
    found = asking.result_of(session, "proxmox.validate", asked)
    errors = [one for one in found.get("errors") or [] if isinstance(one, dict)]
    if session.json:
        session.out.document(found)
        return USAGE if errors else OK
    for one in errors:
        plans.fault(session.out, one)
    count = found.get("documents")
    said = f"{len(errors)} error{'s' if len(errors) != 1 else ''}" if errors else "all is well"
    session.err.line(Styled(f"{said}; {count} document{'s' if count != 1 else ''}", "bad" if errors else "good"))
    return USAGE if errors else OK
