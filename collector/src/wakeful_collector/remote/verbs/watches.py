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

ABOUT = "Each agent keeps its watches alive by itself, also while the collector is away."
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
        session.out.table(HEADS, [row(one, session.now_ms) for one in found])
    return OK


def row(watch: dict[str, Any], now_ms: int) -> list[Cell]:
    """Return a watch as a line of the table."""
    state = str(watch.get("state"))
    marks = [word for word in ("paused", "dry_run") if watch.get(word)]
    phase = ", ".join([str(watch.get("phase") or ""), *marks]).strip(", ").replace("_", " ")
    since = watch.get("since")
    return [
        str(watch.get("host_name") or watch.get("host")),
        str(watch.get("name")),
        str(watch.get("kind")),
        Styled(state, STATE_STYLES.get(state, "")),
        Styled(phase, "warn") if watch.get("paused") else phase,
        ago(since, now_ms) if since else "",
        str(watch.get("attempts") or ""),
        str(watch.get("detail") or ""),
    ]
