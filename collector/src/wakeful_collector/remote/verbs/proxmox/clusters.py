"""clusters: which there are, how each is reached and kept, and how the last look went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.failure import NOT_FOUND, OK, Failure
from wakeful_collector.remote.moments import ago
from wakeful_collector.remote.proxmox import naming
from wakeful_collector.remote.table import Cell, Column, Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
One that is named is shown with all its settings; secrets are never shown."""
EXAMPLES = """\
wakeful proxmox clusters
wakeful proxmox clusters lab
"""
NONE = "No clusters yet: wakeful proxmox add NAME hosts=ADDRESS login=USER@REALM!TOKENID secret=@-"
STYLES = {"ok": "good", "failing": "bad", "new": "dim"}
_HEADS = (
    Column("CLUSTER", 8),
    Column("STATE"),
    Column("HOSTS", 12),
    Column("LOGIN", 10, spare=3),
    Column("TRUSTS", spare=4),
    Column("RECONCILE", spare=2),
    Column("LOOKED", spare=1, right=True),
)
_NOT_SETTINGS = {"name", "state", "error", "version", "quorate", "looked", "ca", "has_secret"}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("cluster", nargs="?", metavar="CLUSTER", help="show this one whole")


def run(session: Session, given: argparse.Namespace) -> int:
    """List clusters, or show one."""
    found = naming.clusters(session)
    if given.cluster is not None:
        found = [one for one in found if one.get("name") == given.cluster]
        if not found:
            message = f"there is no cluster {given.cluster!r}"
            raise Failure(NOT_FOUND, "unknown_cluster", message, "wakeful proxmox clusters lists them")
    if session.json:
        session.out.document({"clusters": found})
    elif given.cluster is not None:
        _one(session, found[0])
    elif found:
        session.out.table(_HEADS, [_row(one, session.now_ms) for one in found])
    else:
        session.err.line(NONE)
    return OK


def _one(session: Session, one: dict[str, Any]) -> None:
    session.out.line(Styled(str(one.get("name")), "bold"), "  ", state_cell(one))
    rows: list[tuple[str, Cell]] = [
        ("why", Styled(str(one.get("error") or ""), "bad")),
        ("looked", f"{ago(one.get('looked'), session.now_ms)} ago" if one.get("looked") else "never"),
        ("version", str(one.get("version") or "")),
        ("secret", "kept sealed" if one.get("has_secret") else Styled("missing", "bad")),
        *((name, _plain(value)) for name, value in one.items() if name not in _NOT_SETTINGS),
    ]
    session.out.pairs(rows, "  ")


def state_cell(one: dict[str, Any]) -> Cell:
    """Return how the last look at a cluster went."""
    state = str(one.get("state"))
    return Styled(state, STYLES.get(state, ""))


def _row(one: dict[str, Any], now_ms: int) -> list[Cell]:
    reconcile = str(one.get("reconcile") or "")
    return [
        str(one.get("name")),
        state_cell(one),
        _plain(one.get("hosts")),
        str(one.get("login") or ""),
        str(one.get("trust") or ""),
        "" if reconcile == "off" else reconcile,
        ago(one.get("looked"), now_ms),
    ]


def _plain(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "" if value is None else "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
