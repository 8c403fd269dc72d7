"""history: what changed, from what to what, when, and by whom where a task tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.moments import at_ms, local, seconds_of
from wakeful_collector.remote.proxmox import naming, shown, times
from wakeful_collector.remote.table import Cell, Column

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Newest first. What cannot be told apart from noise (counters, digests) is not in it. A thing that came or went has no
field."""
EXAMPLES = """\
wakeful proxmox history --since 1d
wakeful proxmox history web-1
"""
HEADS = (
    Column("WHEN"),
    Column("CLUSTER", 6, spare=4),
    Column("WHAT", 10),
    Column("FIELD", 8),
    Column("FROM", 10),
    Column("TO", 10),
    Column("BY", 8, spare=1),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("guest", nargs="?", metavar="GUEST", help="only of this guest, by number or name")
    naming.add_cluster(parser)
    parser.add_argument("--since", type=seconds_of, metavar="TIME", help="only so far back: 2h, 7d")
    parser.add_argument("--limit", type=int, default=50, metavar="NUMBER", help="how many (default: 50)")


def run(session: Session, given: argparse.Namespace) -> int:
    """Show it."""
    asked: dict[str, Any] = naming.in_cluster(given) | {"limit": given.limit}
    if given.guest is not None:
        asked |= naming.subject(naming.guest(session, given.guest, given.cluster))
    if given.since is not None:
        session.client.get("/status")  # whose clock it is that spans are counted back from
        asked["since"] = times.text(session.now_ms - given.since * 1000)
    found = asking.result_of(session, "proxmox.history", asked)
    changes = records(found, "changes")
    if session.json:
        session.out.document(found)
    elif changes:
        # They come in the order they were seen in; what a task did has that task's time.
        changes.sort(key=lambda one: at_ms(one.get("at")) or 0, reverse=True)
        session.out.table(HEADS, [_row(one) for one in changes])
    else:
        session.err.line("Nothing changed, as far as was seen.")
    return OK


def _row(one: dict[str, Any]) -> list[Cell]:
    field = str(one.get("field") or "")
    return [
        local(one.get("at")),
        str(one.get("cluster")),
        what(one),
        field,
        shown.value(one.get("old")) if field else "" if one.get("old") is None else "there",
        shown.value(one.get("new")) if field else "gone" if one.get("new") is None else "there",
        str(one.get("who") or ""),
    ]


def what(one: dict[str, Any]) -> str:
    """Return what changed: `web-1 (qemu/101)`."""
    name, number = str(one.get("name") or ""), str(one.get("id") or "")
    return f"{name} ({number})" if name and name != number else number or name
