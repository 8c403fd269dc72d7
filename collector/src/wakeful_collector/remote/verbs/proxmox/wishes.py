"""wishes: the files that the collector keeps, to hold clusters to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import OK, usage
from wakeful_collector.remote.moments import local
from wakeful_collector.remote.proxmox import documents
from wakeful_collector.remote.table import Column, Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
WHAT is list (the versions that are kept), show (the files of one), or keep FILE ... (make these the wishes). A cluster
whose reconcile setting is not off is held to them on its schedule: harmless steps are applied or drift is only told."""
EXAMPLES = """\
wakeful proxmox wishes
wakeful proxmox wishes show
wakeful proxmox wishes keep wishes/ --note 'more memory for web-1'
"""
_HEADS = (
    Column("VERSION"),
    Column("KEPT"),
    Column("BY", 8),
    Column("DOCUMENTS", right=True),
    Column("NOTE", 12, spare=1),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument(
        "what", nargs="?", default="list", choices=("list", "show", "keep"), metavar="WHAT", help="list, show or keep"
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="of keep: files and folders, - for standard input")
    parser.add_argument("--version", type=int, metavar="NUMBER", help="of show: another version than the newest")
    parser.add_argument("--note", default="", metavar="TEXT", help="of keep: what changed, for whoever looks later")
    asking.add_sureness(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Do it."""
    if given.what == "keep":
        return _keep(session, given)
    if given.files:
        raise usage(f"{given.files[0]!r} is too much", "see: wakeful proxmox wishes --help")
    asked = {} if given.version is None else {"version": given.version}
    found = asking.result_of(session, "proxmox.wishes", asked)
    if session.json:
        session.out.document(found)
    elif given.what == "show":
        for one in records(found, "files"):
            session.out.line(Styled(f"# {one.get('path')}", "bold"))
            for line in str(one.get("text")).splitlines():
                session.out.line(line)
    else:
        _list(session, found)
    return OK


def _list(session: Session, found: dict[str, object]) -> None:
    versions = records(found, "versions")
    if not versions:
        session.err.line("No wishes are kept yet: wakeful proxmox wishes keep FILE")
        return
    rows = [
        [
            str(one.get("version")),
            local(one.get("kept_at")),
            str(one.get("principal")),
            str(one.get("documents", "")),
            str(one.get("note") or ""),
        ]
        for one in versions
    ]
    session.out.table(_HEADS, rows)


def _keep(session: Session, given: argparse.Namespace) -> int:
    if not given.files:
        raise usage("which files?", "wakeful proxmox wishes keep FILE ...")
    asked: dict[str, object] = {"files": documents.gathered(given.files)}
    if given.note:
        asked["note"] = given.note
    session.confirm("Make these files the wishes that clusters are held to.", "changes", "keep", given.yes)
    found = asking.result_of(session, "proxmox.wishes.keep", asked)
    if session.json:
        session.out.document({"operation": "proxmox.wishes.keep", "result": found, "command": None})
    else:
        session.out.line(Styled("kept", "good"), f" as version {found.get('version')}")
    return OK
