"""nodes: the machines of clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import NOT_FOUND, OK, Failure
from wakeful_collector.remote.moments import span
from wakeful_collector.remote.proxmox import amounts, naming, shown
from wakeful_collector.remote.table import Cell, Column

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
As they were seen last. What the login may not see is said, and never looks like nothing."""
EXAMPLES = """\
wakeful proxmox nodes
wakeful proxmox nodes pve1 --cluster lab --json
"""
_HEADS = (
    Column("CLUSTER", 6, spare=5),
    Column("NODE", 8),
    Column("STATE"),
    Column("CPU", right=True),
    Column("CORES", spare=6, right=True),
    Column("MEMORY", right=True),
    Column("OF", spare=3, right=True),
    Column("ROOT", spare=4, right=True),
    Column("GUESTS", spare=2, right=True),
    Column("UP", spare=1, right=True),
    Column("VERSION", 6, spare=7),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("node", nargs="?", metavar="NODE", help="only this one")
    naming.add_cluster(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """List nodes."""
    found = asking.result_of(session, "proxmox.nodes", naming.in_cluster(given))
    nodes = [one for one in records(found, "nodes") if given.node in {None, one.get("name")}]
    if given.node is not None and not nodes:
        message = f"there is no node {given.node!r}"
        raise Failure(NOT_FOUND, "unknown_node", message, "wakeful proxmox nodes lists them")
    if session.json:
        session.out.document(found | {"nodes": nodes})
        return OK
    if nodes:
        session.out.table(_HEADS, [_row(one) for one in nodes])
    else:
        session.err.line("No nodes were seen yet.")
    shown.areas(session, found)
    return OK


def _row(one: dict[str, Any]) -> list[Cell]:
    running = one.get("running")
    return [
        str(one.get("cluster")),
        str(one.get("name")),
        shown.state_cell(one),
        amounts.percent(one.get("cpu")),
        _whole(one.get("cpus")),
        amounts.share(one.get("memory_bytes"), one.get("memory_max_bytes")),
        amounts.size(one.get("memory_max_bytes")),
        amounts.share(one.get("disk_bytes"), one.get("disk_max_bytes")),
        f"{running}/{one.get('guests')}" if running is not None else _whole(one.get("guests")),
        span(float(one["uptime_seconds"])) if one.get("uptime_seconds") else "",
        str(one.get("version") or ""),
    ]


def _whole(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, (int, float)) else str(value)
