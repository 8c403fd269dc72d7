"""guests: virtual machines and containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.moments import span
from wakeful_collector.remote.proxmox import amounts, naming, shown
from wakeful_collector.remote.table import Cell, Column

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
As they were seen last, by number. MEMORY is by the best evidence there is: the agent in the guest, its balloon driver,
its cgroup, or what the cluster says (for a virtual machine that counts the page cache too); --json says which."""
EXAMPLES = """\
wakeful proxmox guests
wakeful proxmox guests --running --node pve1
wakeful proxmox guests --tag prod --json | jq -r '.guests[].name'
wakeful proxmox guests --gone
"""
_HEADS = (
    Column("CLUSTER", 6, spare=5),
    Column("ID", right=True),
    Column("NAME", 10),
    Column("KIND", spare=6),
    Column("STATE", 8),
    Column("NODE", 6, spare=1),
    Column("CPU", spare=2, right=True),
    Column("MEMORY", spare=2, right=True),
    Column("OF", spare=7, right=True),
    Column("UP", spare=3, right=True),
    Column("POOL", 6, spare=8),
    Column("TAGS", 8, spare=4),
)
_KINDS = {"qemu": "vm", "lxc": "ct"}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    naming.add_cluster(parser)
    parser.add_argument("--node", metavar="NODE", help="only on this node")
    parser.add_argument("--tag", metavar="TAG", help="only with this tag")
    parser.add_argument("--search", metavar="TEXT", help="only with this in their name or number")
    parser.add_argument("--running", action="store_true", help="only those that run")
    parser.add_argument("--gone", action="store_true", help="those that were there once, instead")


def run(session: Session, given: argparse.Namespace) -> int:
    """List guests."""
    asked: dict[str, Any] = naming.in_cluster(given) | ({"gone": True} if given.gone else {})
    found = asking.result_of(session, "proxmox.guests", asked)
    guests = [one for one in records(found, "guests") if _is_meant(one, given)]
    if session.json:
        session.out.document(found | {"guests": guests})
        return OK
    if guests:
        session.out.table(_HEADS, [_row(one) for one in guests])
    else:
        session.err.line("No guests, or none that this is about.")
    shown.areas(session, found)
    return OK


def _is_meant(one: dict[str, Any], given: argparse.Namespace) -> bool:
    text = str(given.search or "").casefold()
    return (
        bool(one.get("gone")) == given.gone
        and given.node in {None, one.get("node")}
        and (given.tag is None or given.tag in (one.get("tags") or []))
        and (not given.running or one.get("status") == "running")
        and (text in str(one.get("name") or "").casefold() or text in str(one.get("vmid")))
    )


def _row(one: dict[str, Any]) -> list[Cell]:
    template = " template" if one.get("template") else ""
    return [
        str(one.get("cluster")),
        str(one.get("vmid")),
        str(one.get("name") or ""),
        _KINDS.get(str(one.get("kind")), str(one.get("kind"))) + template,
        shown.state_cell(one),
        str(one.get("node") or ""),
        amounts.percent(one.get("cpu")),
        amounts.share(one.get("memory_bytes"), one.get("memory_max_bytes")),
        amounts.size(one.get("memory_max_bytes")),
        span(float(one["uptime_seconds"])) if one.get("uptime_seconds") else "",
        str(one.get("pool") or ""),
        " ".join(map(str, one.get("tags") or [])),
    ]
