"""hosts: every machine in a line, with what needs a look."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.moments import ago
from wakeful_collector.remote.table import Cell, Column, Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = "Problems first; the rest by name. Names are what the machines call themselves."
EXAMPLES = """\
wakeful hosts
wakeful hosts --search web --tag prod
wakeful hosts --status silent --json | jq -r '.hosts[].name'
"""
STATUS_STYLES = {"up": "good", "silent": "bad", "conflict": "bad", "new": "warn"}
_SEVERITY_STYLES = {"bad": "bad", "warn": "warn"}
_HEADS = (
    Column("NAME", 12),
    Column("STATUS"),
    Column("SEEN", right=True),
    Column("NEEDS A LOOK", 40),
    Column("TAGS", 8, spare=2),
    Column("AGENT", spare=4),
    Column("ID", spare=3),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--search", metavar="TEXT", help="part of a name, id or tag")
    parser.add_argument("--tag", action="append", metavar="TAG", help="only hosts with this tag; again for more")
    parser.add_argument(
        "--status", action="append", choices=list(STATUS_STYLES), help="only hosts that are so; again for more"
    )
    parser.add_argument(
        "--sort",
        default="status",
        choices=["status", "name", "-name", "last_seen", "-last_seen", "enrolled", "-enrolled"],
        help="the order (default: problems first)",
    )


def run(session: Session, given: argparse.Namespace) -> int:
    """List hosts."""
    wish = {"search": given.search, "tag": given.tag, "status": given.status, "sort": given.sort}
    found = list(session.client.pages("/hosts", "hosts", limit=1000, **wish))
    if session.json:
        session.out.document({"hosts": found})
        return OK
    if not found:
        chosen = any((given.search, given.tag, given.status))
        session.err.line("No host is like that." if chosen else "No hosts yet. Invite one: wakeful-collector invite")
        return OK
    troubles: defaultdict[object, list[dict[str, Any]]] = defaultdict(list)
    for one in records(session.client.get("/troubles"), "troubles"):
        troubles[one.get("host")].append(one)
    session.out.table(_HEADS, [_row(host, troubles[host.get("id")], session.now_ms) for host in found])
    return OK


def status_cell(host: dict[str, Any]) -> Cell:
    """Return a host's status as it is shown."""
    status = str(host.get("status"))
    return Styled(status, STATUS_STYLES.get(status, ""))


def trouble_cell(trouble: dict[str, Any], more: int = 0) -> Cell:
    """Return a problem as it is shown, with how many more there are."""
    text = str(trouble.get("text")) + (f" (+{more})" if more else "")
    return Styled(text, _SEVERITY_STYLES.get(str(trouble.get("severity")), ""))


def _row(host: dict[str, Any], mine: list[dict[str, Any]], now_ms: int) -> list[Cell]:
    return [
        str(host.get("name")),
        status_cell(host),
        ago(host.get("last_seen"), now_ms),
        trouble_cell(mine[0], len(mine) - 1) if mine else "",
        ", ".join(map(str, host.get("tags") or [])),
        str(host.get("version") or ""),
        str(host.get("id")),
    ]
