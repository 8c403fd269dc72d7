"""diff: what is other than it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.moments import local
from wakeful_collector.remote.proxmox import naming, shown, times
from wakeful_collector.remote.table import Cell, Column, Styled
from wakeful_collector.remote.verbs.proxmox.history import what

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Between two moments of the recorded history: a time as 2026-11-21T08:00 (yours), or how long ago, as 2h or 7d. What
changed there and back in between is not told; wakeful proxmox history does."""
EXAMPLES = """\
wakeful proxmox diff 1d
wakeful proxmox diff 2026-11-20T22:00 2026-11-21T06:00 --cluster lab
"""
_HEADS = (
    Column("WHAT", 10),
    Column("FIELD", 8),
    Column("WAS", 10),
    Column("IS", 10),
    Column("LAST", spare=1),
    Column("BY", 8, spare=2),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("since", metavar="FROM", help="the first moment")
    parser.add_argument("until", nargs="?", metavar="TO", help="the second one (default: now)")
    naming.add_cluster(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Show it."""
    cluster = naming.cluster(session, given.cluster)
    session.client.get("/status")  # whose clock it is that spans are counted back from
    now_ms = session.now_ms
    asked: dict[str, Any] = {"cluster": cluster, "from": times.moment(given.since, now_ms)}
    if given.until is not None:
        asked["to"] = times.moment(given.until, now_ms)
    found = asking.result_of(session, "proxmox.diff", asked)
    differences = records(found, "differences")
    if session.json:
        session.out.document(found)
        return OK
    if differences:
        session.out.table(_HEADS, [_row(one) for one in differences])
    else:
        session.err.line("Nothing is other than it was.")
    if found.get("is_complete") is False:
        session.err.line(Styled("The history does not reach back so far, or holds too much: this is a part.", "warn"))
    return OK


def _row(one: dict[str, Any]) -> list[Cell]:
    field = str(one.get("field") or "")
    return [
        what(one),
        field,
        shown.value(one.get("old")) if field else "" if one.get("old") is None else "there",
        shown.value(one.get("new")) if field else "gone" if one.get("new") is None else "there",
        local(one.get("last")),
        str(one.get("who") or ""),
    ]
