"""watches: what agents keep alive, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.moments import ago
from wakeful_collector.remote.table import Cell, Column, Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Each agent keeps its watches alive by itself, also while the collector is away. A question mark behind a state says that
the host is silent: that is how it stood when it was last heard."""
EXAMPLES = """\
wakeful watches
wakeful watches --host node-7
wakeful watches --down
"""
STATE_STYLES = {"up": "good", "starting": "good", "down": "bad", "held": "warn", "stopped": "dim", "unknown": "warn"}
HEADS = (
    Column("HOST", 10),
    Column("WATCH", 12),
    Column("KIND", spare=4),
    Column("STATE"),
    Column("PHASE", spare=2),
    Column("FOR", spare=3, right=True),
    Column("TRIES", spare=5, right=True),
    Column("DETAIL", 16, spare=1),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--host", metavar="NAME", help="only of this host")
    parser.add_argument("--down", action="store_true", help="only what is not up")


def run(session: Session, given: argparse.Namespace) -> int:
    """List watches."""
    found = records(session.client.get("/watches", host=session.host_id(given.host)), "watches")
    if given.down:
        found = [one for one in found if one.get("state") not in {"up", "starting"}]
    if session.json:
        session.out.document({"watches": found})
    elif not found:
        session.err.line(
            "Everything is up." if given.down else "Nothing is kept alive yet; see [[watch]] of agent.toml."
        )
    else:
        silent = silent_hosts(session)
        session.out.table(HEADS, [row(one, session.now_ms, silent) for one in found])
    return OK


def silent_hosts(session: Session) -> set[str]:
    """Return the ids of hosts that say nothing: what they said last may be so no more."""
    return {str(one.get("id")) for one in session.client.pages("/hosts", "hosts", status="silent", limit=1000)}


def state_cell(document: dict[str, Any], styles: dict[str, str], silent: set[str]) -> Cell:
    """Return the state of something on a host; with a question mark where the host is silent."""
    state = str(document.get("state"))
    return Styled(f"{state}?", "warn") if document.get("host") in silent else Styled(state, styles.get(state, ""))


def row(watch: dict[str, Any], now_ms: int, silent: set[str]) -> list[Cell]:
    """Return a watch as a line of the table."""
    marks = [word for word in ("paused", "dry_run") if watch.get(word)]
    phase = ", ".join([str(watch.get("phase") or ""), *marks]).strip(", ").replace("_", " ")
    since = watch.get("since")
    return [
        str(watch.get("host_name") or watch.get("host")),
        str(watch.get("name")),
        str(watch.get("kind")),
        state_cell(watch, STATE_STYLES, silent),
        Styled(phase, "warn") if watch.get("paused") else phase,
        ago(since, now_ms) if since else "",
        f"{watch['attempts']}/{watch['of']}" if watch.get("of") else str(watch.get("attempts") or ""),
        str(watch.get("detail") or ""),
    ]
