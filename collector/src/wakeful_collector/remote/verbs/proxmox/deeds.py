"""deeds: what was asked of guests and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import OK, usage
from wakeful_collector.remote.moments import ago, local, seconds_of
from wakeful_collector.remote.proxmox import applies, deeds, naming
from wakeful_collector.remote.table import Cell, Column, Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
One that is named is shown with its log; --wait follows it to its end, --stop asks Proxmox to end its task. --applies
lists what plans became of instead."""
EXAMPLES = """\
wakeful proxmox deeds
wakeful proxmox deeds ID --wait
wakeful proxmox deeds --applies
"""
_HEADS = (
    Column("ID"),
    Column("STATE"),
    Column("DEED"),
    Column("GUEST", 10),
    Column("ASKED", right=True),
    Column("BY", 8, spare=2),
    Column("WHAT CAME OF IT", 16, spare=1),
)
_APPLY_HEADS = (
    Column("ID"),
    Column("STATE"),
    Column("STEPS", right=True),
    Column("ASKED", right=True),
    Column("BY", 8, spare=1),
    Column("WHAT CAME OF IT", 16, spare=2),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("deed", nargs="?", metavar="ID", help="show this one")
    naming.add_cluster(parser)
    parser.add_argument("--guest", metavar="GUEST", help="only what was asked of this guest")
    parser.add_argument("--limit", type=int, default=30, metavar="NUMBER", help="how many (default: 30)")
    parser.add_argument("--applies", action="store_true", help="applied plans instead")
    parser.add_argument("--stop", action="store_true", help="ask for the end of this one's task")
    parser.add_argument(
        "--wait",
        nargs="?",
        type=seconds_of,
        const=deeds.WAIT_SECONDS,
        default=0,
        metavar="TIME",
        help="follow this one to its end (as --wait, or --wait=5m)",
    )
    asking.add_sureness(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """List deeds, or show one."""
    if given.deed is None:
        if given.stop or given.wait:
            raise usage("which one?", "wakeful proxmox deeds ID --wait")
        return _applies(session, given) if given.applies else _list(session, given)
    if given.applies:
        if given.stop:
            said = f"Ask for the end of the step that {given.deed} is at, and begin no other."
            session.confirm(said, "changes", str(given.deed), given.yes)
            asking.result_of(session, "proxmox.apply.stop", {"id": given.deed})
        return _apply(session, given)
    if given.stop:
        session.confirm(f"Ask for the end of {given.deed}.", "changes", str(given.deed), given.yes)
        asking.result_of(session, "proxmox.deed.stop", {"id": given.deed})
    found = deeds.one(session, given.deed)
    found = deeds.ended(session, found, given.wait) if given.wait else found
    if session.json:
        session.out.document(found)
    else:
        deeds.told(session, found)
        if not given.wait:
            for line in deeds.log_of(found):
                session.out.line("  ", Styled(line, "dim"))
    return deeds.exit_code(found, given.wait) if given.wait else OK


def _list(session: Session, given: argparse.Namespace) -> int:
    asked: dict[str, Any] = naming.in_cluster(given) | {"limit": given.limit}
    if given.guest is not None:
        asked |= naming.subject(naming.guest(session, given.guest, given.cluster))
    found = records(asking.result_of(session, "proxmox.deeds", asked), "deeds")
    if session.json:
        session.out.document({"deeds": found})
    elif found:
        session.out.table(_HEADS, [_row(one, session.now_ms) for one in found])
    else:
        session.err.line("Nothing was asked for yet.")
    return OK


def _row(one: dict[str, Any], now_ms: int) -> list[Cell]:
    return [
        str(one.get("id")),
        deeds.state_cell(one.get("state")),
        str(one.get("deed")),
        naming.title(one),
        ago(one.get("asked"), now_ms),
        str(one.get("principal") or ""),
        str(one.get("summary") or one.get("note") or ""),
    ]


def _applies(session: Session, given: argparse.Namespace) -> int:
    found = records(asking.result_of(session, "proxmox.applies", {"limit": given.limit}), "applies")
    if session.json:
        session.out.document({"applies": found})
    elif found:
        rows: list[list[Cell]] = [
            [
                str(one.get("id")),
                deeds.state_cell(one.get("state")),
                f"{one.get('done')}/{one.get('count')}",
                ago(one.get("asked_at"), session.now_ms),
                str(one.get("principal") or ""),
                str(one.get("summary") or ""),
            ]
            for one in found
        ]
        session.out.table(_APPLY_HEADS, rows)
    else:
        session.err.line("No plan was applied yet.")
    return OK


def _apply(session: Session, given: argparse.Namespace) -> int:
    found = applies.one(session, given.deed)
    found = applies.ended(session, found, given.wait) if given.wait else found
    if session.json:
        session.out.document(found)
    else:
        session.out.line(Styled(f"asked {local(found.get('asked_at'))} by {found.get('principal')}", "dim"))
        applies.steps_told(session, found)
        applies.told(session, found)
    return applies.exit_code(found, given.wait) if given.wait else OK
