"""tasks: what clusters did and do, whoever asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.moments import at_ms, local, span
from wakeful_collector.remote.proxmox import naming, shown
from wakeful_collector.remote.table import Cell, Column

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Those that run come first. wakeful proxmox log UPID shows what one said; --json has whole UPIDs."""
EXAMPLES = """\
wakeful proxmox tasks
wakeful proxmox tasks --guest web-1 --limit 10
wakeful proxmox tasks --failed --json
"""
_LOOKED_THROUGH = 500
"""Among how many of the newest those that failed are looked for: as many as an answer holds."""
_HEADS = (
    Column("CLUSTER", 6, spare=5),
    Column("STARTED", spare=1),
    Column("TOOK", spare=3, right=True),
    Column("NODE", 6, spare=2),
    Column("TASK"),
    Column("OF", 6),
    Column("BY", 8, spare=4),
    Column("HOW IT ENDED", 12),
    Column("UPID", 20, spare=6),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    naming.add_cluster(parser)
    parser.add_argument("--guest", metavar="GUEST", help="only of this guest")
    parser.add_argument("--node", metavar="NODE", help="only of this node")
    parser.add_argument("--failed", action="store_true", help="only those that failed")
    parser.add_argument("--limit", type=int, default=30, metavar="NUMBER", help="how many (default: 30)")


def run(session: Session, given: argparse.Namespace) -> int:
    """List them."""
    asked: dict[str, Any] = naming.in_cluster(given) | {"limit": _LOOKED_THROUGH if given.failed else given.limit}
    if given.guest is not None:
        asked |= naming.subject(naming.guest(session, given.guest, given.cluster))
    if given.node is not None:
        asked["node"] = given.node
    found = asking.result_of(session, "proxmox.tasks", asked)
    tasks = [one for one in records(found, "tasks") if not given.failed or _is_failed(one)][: given.limit]
    if session.json:
        session.out.document(found | {"tasks": tasks})
        return OK
    if tasks:
        session.out.table(_HEADS, [_row(one, session.now_ms) for one in tasks])
    else:
        session.err.line("No tasks, or none that this is about.")
    shown.areas(session, found)
    return OK


def _is_failed(one: dict[str, Any]) -> bool:
    status = str(one.get("status") or "")
    return bool(one.get("ended")) and status != "OK" and not status.startswith("WARNINGS")


def _row(one: dict[str, Any], now_ms: int) -> list[Cell]:
    began, ended = at_ms(one.get("started")), at_ms(one.get("ended"))
    took = "" if began is None else span(max(0, (now_ms if ended is None else ended) - began) / 1000)
    return [
        str(one.get("cluster")),
        local(one.get("started")),
        took,
        str(one.get("node") or ""),
        str(one.get("kind") or ""),
        str(one.get("subject") or ""),
        str(one.get("user") or ""),
        shown.task_cell(one.get("status"), ended is None),
        str(one.get("upid") or ""),
    ]
