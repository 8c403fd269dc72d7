"""commands: what hosts were asked for, and what became of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import path
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.moments import ago, local
from wakeful_collector.remote.table import Cell, Column

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = "With an ID and --wait it waits for the end, and its exit code says how that was."
EXAMPLES = """\
wakeful commands
wakeful commands --host web-1 --state failed
wakeful commands 01JD3V9Q --wait
"""
STATES = ("requested", "delivered", "done", "failed", "refused", "expired", "cancelled")
_HEADS = (
    Column("ID"),
    Column("ASKED", right=True),
    Column("HOST", 10),
    Column("ACTION", 12),
    Column("STATE"),
    Column("BY", 8, spare=2),
    Column("WHAT CAME OF IT", 16, spare=1),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    from wakeful_collector.remote.moments import seconds_of

    parser.add_argument("id", nargs="?", metavar="ID", help="show this one whole")
    parser.add_argument("--host", metavar="NAME", help="only of this host")
    parser.add_argument("--state", action="append", choices=STATES, help="only those that are so; again for more")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="how many, newest first (default: 50)")
    parser.add_argument(
        "--wait",
        nargs="?",
        type=seconds_of,
        const=asking.WAIT_SECONDS,
        default=0,
        metavar="TIME",
        help="with an ID: wait until it ended",
    )


def run(session: Session, given: argparse.Namespace) -> int:
    """List commands, or show one."""
    if given.id is not None:
        return _one(session, given.id, given.wait)
    wish = {"host": session.host_id(given.host), "state": given.state}
    most = max(1, given.limit)
    found = list(session.client.pages("/commands", "commands", most, limit=min(most, 100), **wish))
    if session.json:
        session.out.document({"commands": found})
    elif not found:
        session.err.line("Nothing was asked for.")
    else:
        session.out.table(_HEADS, [_row(one, session.now_ms) for one in found])
    return OK


def _one(session: Session, number: str, wait_seconds: float) -> int:
    found = asking.ended(session, session.client.get(path("commands", number)), wait_seconds)
    if session.json:
        session.out.document(found)
    else:
        _tell(session, found)
    return asking.exit_code(found, wait_seconds) if wait_seconds else OK


def _tell(session: Session, command: dict[str, Any]) -> None:
    arguments = command.get("arguments")
    times = [(word, local(command.get(word))) for word in ("requested", "delivered", "finished", "expires")]
    rows: list[tuple[str, Cell]] = [
        ("command", str(command.get("id"))),
        ("host", str(command.get("host_name") or command.get("host"))),
        ("action", str(command.get("action"))),
        ("arguments", json.dumps(arguments, ensure_ascii=False) if arguments else ""),
        ("state", asking.state_cell(command.get("state"))),
        ("asked by", str(command.get("principal") or "")),
        *times,
    ]
    session.out.pairs(rows)
    if command.get("summary"):
        session.out.line()
        session.out.paragraph(str(command["summary"]))
    data = command.get("data")
    if isinstance(data, dict) and data:
        session.out.line()
        session.out.pairs([(str(name), _shown(value)) for name, value in data.items()])


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _row(command: dict[str, Any], now_ms: int) -> list[Cell]:
    return [
        str(command.get("id")),
        ago(command.get("requested"), now_ms),
        str(command.get("host_name") or command.get("host")),
        str(command.get("action")),
        asking.state_cell(command.get("state")),
        str(command.get("principal") or ""),
        str(command.get("summary") or ""),
    ]
