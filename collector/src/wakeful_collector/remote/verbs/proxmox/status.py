"""status: how clusters stand, with what is wrong first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.moments import ago
from wakeful_collector.remote.proxmox import naming, shown
from wakeful_collector.remote.table import Cell, Column, Styled
from wakeful_collector.remote.verbs.proxmox.clusters import NONE, state_cell

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
What wakeful proxmox alone shows: each cluster in a line, below it what is wrong there."""
EXAMPLES = """\
wakeful proxmox
wakeful proxmox status --cluster lab
"""
_HEADS = (
    Column("CLUSTER", 8),
    Column("STATE"),
    Column("NODES", right=True),
    Column("GUESTS", right=True),
    Column("VERSION", 6, spare=2),
    Column("LOOKED", spare=1, right=True),
)
Record = dict[str, Any]


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    naming.add_cluster(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Show it."""
    clusters = [one for one in naming.clusters(session) if given.cluster in {None, one.get("name")}]
    if not clusters:
        if session.json:
            session.out.document({"clusters": []})
        else:
            session.err.line(NONE)
        return OK
    asked = naming.in_cluster(given)
    seen = asking.result_of(session, "proxmox.nodes", asked)
    nodes = records(seen, "nodes")
    guests = records(asking.result_of(session, "proxmox.guests", asked), "guests")
    if session.json:
        session.out.document({"clusters": clusters, "nodes": nodes, "areas": seen.get("areas") or []})
        return OK
    session.out.table(_HEADS, [_row(one, _of(one, nodes), _of(one, guests), session.now_ms) for one in clusters])
    for one in clusters:
        for line in wrong(one, _of(one, nodes), _of(one, guests)):
            session.out.line("  ", Styled(str(one.get("name")), "bold"), ": ", line)
    shown.areas(session, seen)
    return OK


def wrong(cluster: Record, nodes: list[Record], guests: list[Record]) -> list[Cell]:
    """Return what is wrong with a cluster, the worst first."""
    found: list[Cell] = []
    if cluster.get("error"):
        way = f"wakeful proxmox test-connection {cluster.get('name')} explains it"
        found.append(Styled(f"it cannot be read: {cluster['error']}; {way}", "bad"))
    if cluster.get("quorate") is False:
        found.append(Styled("there is no quorum, so nothing can be changed", "bad"))
    away = [str(one.get("name")) for one in nodes if one.get("status") not in {"online", None} and not one.get("gone")]
    if away:
        found.append(Styled(f"{'node' if len(away) == 1 else 'nodes'} {', '.join(away)} not online", "bad"))
    locked = [naming.title(one) for one in guests if one.get("lock") and not one.get("gone")]
    if locked:
        found.append(Styled(f"locked: {', '.join(locked[:10])}{' ...' if len(locked) > 10 else ''}", "warn"))
    return found


def _of(cluster: Record, found: list[Record]) -> list[Record]:
    return [one for one in found if one.get("cluster") == cluster.get("name") and not one.get("gone")]


def _row(one: Record, nodes: list[Record], guests: list[Record], now_ms: int) -> list[Cell]:
    online = sum(each.get("status") == "online" for each in nodes)
    running = sum(each.get("status") == "running" for each in guests)
    return [
        str(one.get("name")),
        state_cell(one),
        f"{online}/{len(nodes)}",
        f"{running}/{len(guests)}",
        str(one.get("version") or ""),
        ago(one.get("looked"), now_ms),
    ]
