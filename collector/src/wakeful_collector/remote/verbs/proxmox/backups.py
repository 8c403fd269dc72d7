"""backups: how old each guest's last backup is, and who never had one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.moments import ago, at_ms, seconds_of
from wakeful_collector.remote.proxmox import amounts, naming, shown
from wakeful_collector.remote.table import Cell, Column, Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Guests that were never backed up come first, then the oldest. IN A JOB says whether any backup job takes the guest."""
EXAMPLES = """\
wakeful proxmox backups
wakeful proxmox backups --older 2d
wakeful proxmox backups --never --json
"""
_OLD_SECONDS = 7 * 86_400
_HEADS = (
    Column("CLUSTER", 6, spare=4),
    Column("ID", right=True),
    Column("NAME", 10),
    Column("LAST BACKUP"),
    Column("SIZE", spare=2, right=True),
    Column("KEPT", spare=3, right=True),
    Column("STORAGE", 8, spare=1),
    Column("IN A JOB", spare=1),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    naming.add_cluster(parser)
    parser.add_argument("--never", action="store_true", help="only guests that were never backed up")
    parser.add_argument("--older", type=seconds_of, metavar="TIME", help="only those whose last one is older: 2d, 12h")


def run(session: Session, given: argparse.Namespace) -> int:
    """List them."""
    found = asking.result_of(session, "proxmox.backups", naming.in_cluster(given))
    now_ms = session.now_ms
    rows = [one for one in records(found, "backups") if _is_meant(one, given, now_ms)]
    rows.sort(key=lambda one: at_ms(one.get("newest")) or 0)
    if session.json:
        session.out.document(found | {"backups": rows})
        return OK
    if rows:
        session.out.table(_HEADS, [_row(one, now_ms) for one in rows])
    else:
        session.err.line("No guests, or none that this is about.")
    shown.areas(session, found)
    return OK


def _is_meant(one: dict[str, Any], given: argparse.Namespace, now_ms: int) -> bool:
    newest = at_ms(one.get("newest"))
    if given.never:
        return bool(one.get("is_never"))
    return given.older is None or newest is None or now_ms - newest > given.older * 1000


def _row(one: dict[str, Any], now_ms: int) -> list[Cell]:
    newest = at_ms(one.get("newest"))
    old = newest is None or now_ms - newest > _OLD_SECONDS * 1000
    never = "never" if one.get("is_never") else "not known"
    said = never if newest is None else f"{ago(one['newest'], now_ms)} ago"
    in_job = one.get("in_job")
    return [
        str(one.get("cluster")),
        str(one.get("vmid")),
        str(one.get("name") or ""),
        Styled(said, "bad" if newest is None else "warn" if old else "good"),
        amounts.size(one.get("size_bytes")) if newest is not None else "",
        str(one.get("count") or ""),
        str(one.get("storage") or ""),
        "" if in_job is None else "yes" if in_job else Styled("no", "warn"),
    ]
