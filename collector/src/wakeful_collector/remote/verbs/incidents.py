"""incidents: what went wrong, what was tried, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.client import path
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.moments import ago, local
from wakeful_collector.remote.table import Cell, Column, Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = "What is open is shown; --all shows the past too. wakeful acknowledge says that somebody looks after one."
EXAMPLES = """\
wakeful incidents
wakeful incidents --all --host node-7
wakeful incidents 7f3a2c
"""
_STYLES = {"open": "bad", "acknowledged": "warn", "closed": "dim"}
_HEADS = (
    Column("ID"),
    Column("STATE"),
    Column("SINCE", right=True),
    Column("HOST", 10),
    Column("SUBJECT", 10, spare=2),
    Column("WHAT", 20),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("id", nargs="?", metavar="ID", help="show this one with its story")
    parser.add_argument("--all", action="store_true", help="those that are over too")
    parser.add_argument("--host", metavar="NAME", help="only of this host")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="how many, newest first (default: 50)")


def run(session: Session, given: argparse.Namespace) -> int:
    """List incidents, or show one."""
    if given.id is not None:
        return _one(session, session.client.get(path("incidents", given.id)))
    most = max(1, given.limit)
    query = {"host": session.host_id(given.host), "limit": min(most, 100)}
    # What goes on is asked for by its states: nobody pages through the past for it.
    states = (None,) if given.all else ("open", "acknowledged")
    found = [
        one for state in states for one in session.client.pages("/incidents", "incidents", most, state=state, **query)
    ]
    found = sorted(found, key=lambda one: str(one.get("opened")), reverse=True)[:most]
    if session.json:
        session.out.document({"incidents": found})
    elif not found:
        session.err.line("No incidents." if given.all else "Nothing is wrong.")
    else:
        session.out.table(_HEADS, [_row(one, session.now_ms) for one in found])
    return OK


def _row(incident: dict[str, Any], now_ms: int) -> list[Cell]:
    state = str(incident.get("state"))
    return [
        str(incident.get("id")),
        Styled(state, _STYLES.get(state, "")),
        ago(incident.get("opened"), now_ms),
        str(incident.get("host_name") or incident.get("host") or ""),
        str(incident.get("subject") or ""),
        str(incident.get("title") or incident.get("kind") or ""),
    ]


def _one(session: Session, incident: dict[str, Any]) -> int:
    if session.json:
        session.out.document(incident)
        return OK
    out, state = session.out, str(incident.get("state"))
    out.line(Styled(state, _STYLES.get(state, "")), "  ", Styled(str(incident.get("title") or ""), "bold"))
    out.pairs(
        [
            ("incident", str(incident.get("id"))),
            ("host", str(incident.get("host_name") or incident.get("host") or "")),
            ("subject", str(incident.get("subject") or "")),
            ("cause", str(incident.get("cause") or "")),
            ("tries", str(incident.get("attempts") or "")),
            *((word, local(incident.get(word))) for word in ("opened", "acknowledged", "closed")),
            ("taken on by", str(incident.get("acknowledged_by") or "")),
            ("ending", str(incident.get("ending") or "")),
        ],
        "  ",
    )
    for chapter in incident.get("story") or []:
        _tell(session, chapter)
    console = incident.get("console")
    if isinstance(console, list) and console:
        out.line("  ", Styled("last lines of its console", "dim"))
        for line in console:
            out.line("    ", str(line))
    return OK


def _tell(session: Session, chapter: object) -> None:
    if not isinstance(chapter, dict):
        session.out.paragraph(str(chapter), "  ")
        return
    text = str(chapter.get("text") or chapter.get("summary") or chapter.get("kind") or "")
    session.out.line("  ", Styled(local(chapter.get("at")), "dim"))
    for line in text.splitlines():
        session.out.paragraph(line, "    ")
