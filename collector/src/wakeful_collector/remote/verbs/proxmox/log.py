"""log: what a task said, and what it says while it runs."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.failure import FAILED, OK, UNREACHABLE, Failure
from wakeful_collector.remote.proxmox import naming, shown

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
The log is asked of the node that the task ran on, line by line as it grows with --follow. Exit code 1 when the task
failed."""
EXAMPLES = """\
wakeful proxmox log UPID:pve1:0003A2F1:01B2C3D4:67401234:vzdump:101:root@pam:
wakeful proxmox log UPID:... --follow
"""
_AGAIN_SECONDS = 1.0
_PAGE_LINES = 500


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("upid", metavar="UPID", help="which task; wakeful proxmox tasks --json lists them")
    naming.add_cluster(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on until it ends")


def run(session: Session, given: argparse.Namespace) -> int:
    """Show it."""
    asked: dict[str, Any] = naming.in_cluster(given) | {"upid": given.upid}
    told: list[str] = []
    while True:
        found = _page(session, asked | {"start": len(told), "limit": _PAGE_LINES}, given.follow)
        lines = [str(line) for line in found.get("lines") or []]
        for line in [] if session.json else lines:
            session.out.line(line)
        told += lines
        if len(lines) >= _PAGE_LINES:
            continue
        if not (found.get("running") and given.follow):
            break
        sleep(_AGAIN_SECONDS)
    if session.json:
        session.out.document(found | {"lines": told})
    else:
        session.err.line("", shown.task_cell(found.get("status"), bool(found.get("running"))))
    status = str(found.get("status") or "")
    failed = not found.get("running") and status not in {"", "OK"} and not status.startswith("WARNINGS")
    return FAILED if failed else OK


def _page(session: Session, asked: dict[str, Any], patient: bool) -> dict[str, Any]:
    """Return lines from there on; whoever follows waits out a collector that is away."""
    while True:
        try:
            return asking.result_of(session, "proxmox.task_log", asked, 30)
        except Failure as problem:
            if not patient or problem.exit_code != UNREACHABLE:
                raise
            sleep(_AGAIN_SECONDS)
