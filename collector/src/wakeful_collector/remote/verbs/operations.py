"""operations: what the collector can be asked to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.arguments import describe
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.table import Cell, Column, Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = "Those that this key may not run are shown dim. wakeful run runs one."
EXAMPLES = """\
wakeful operations
wakeful operations host.wake
wakeful operations --json | jq -r '.operations[] | select(.permitted).name'
"""
DANGER_STYLES = {"changes": "warn", "destroys": "bad"}
_HEADS = (
    Column("OPERATION", 26),
    Column("DANGER"),
    Column("SCOPE", spare=2),
    Column("WHAT IT DOES", 36),
    Column("TAKES", 20, spare=1),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("operation", nargs="?", metavar="OPERATION", help="show this one whole")


def run(session: Session, given: argparse.Namespace) -> int:
    """List operations, or show one."""
    if given.operation is not None:
        return _one(session, asking.operation(session, given.operation))
    found = asking.operations(session)
    if session.json:
        session.out.document({"operations": found})
    else:
        session.out.table(_HEADS, [_row(one) for one in found])
    return OK


def _one(session: Session, found: dict[str, Any]) -> int:
    if session.json:
        session.out.document(found)
        return OK
    danger = str(found.get("danger"))
    session.out.line(Styled(str(found.get("name")), "bold"), f"  {found.get('title')}")
    permitted: Cell = "yes" if found.get("permitted") else Styled("no, not by this key", "bad")
    rows: list[tuple[str, Cell]] = [
        ("danger", Styled(danger, DANGER_STYLES.get(danger, ""))),
        ("scope", str(found.get("scope"))),
        ("permitted", permitted),
    ]
    session.out.pairs(rows, "  ")
    for told in describe(found.get("arguments") or {}):
        session.out.line(f"    {told}")
    return OK


def _row(found: dict[str, Any]) -> list[Cell]:
    danger, name = str(found.get("danger")), str(found.get("name"))
    return [
        name if found.get("permitted", True) else Styled(name, "dim"),
        Styled(danger, DANGER_STYLES.get(danger, "dim")),
        str(found.get("scope")),
        str(found.get("title")),
        " ".join(describe(found.get("arguments") or {})),
    ]
