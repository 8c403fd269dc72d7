"""deliveries: what was sent to whom, and whether it arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.client import path, records
from wakeful_collector.remote.failure import NOT_FOUND, OK, Failure, closest, usage
from wakeful_collector.remote.moments import ago, local
from wakeful_collector.remote.table import Cell, Column, Styled

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from wakeful_collector.remote.session import Session

ABOUT = """\
Needs a key with the scope operate. Dead ones were given up: wakeful run delivery.retry id=ID tries one again."""
EXAMPLES = """\
wakeful deliveries
wakeful deliveries --state dead
wakeful deliveries --channel pager --limit 5
"""
STATES = ("waiting", "claimed", "delivered", "dead", "superseded")
STYLES = {"waiting": "warn", "claimed": "warn", "delivered": "good", "dead": "bad", "superseded": "dim"}
_HEADS = (
    Column("ID"),
    Column("MADE", right=True),
    Column("CHANNEL", 10),
    Column("ABOUT", 8, spare=2),
    Column("STATE"),
    Column("TRIES", spare=3, right=True),
    Column("TROUBLE", 16, spare=1),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("id", nargs="?", metavar="ID", help="show this one with its attempts")
    parser.add_argument("--state", choices=STATES, help="only those that are so")
    parser.add_argument("--channel", metavar="CHANNEL", help="only those to this channel, by its name or id")
    parser.add_argument("--incident", metavar="INCIDENT", help="only those of this incident")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="how many, newest first (default: 50)")


def run(session: Session, given: argparse.Namespace) -> int:
    """List deliveries, or show one."""
    if given.id is not None:
        return _one(session, session.client.get(path("deliveries", given.id)))
    most = max(1, given.limit)
    wish = {
        "state": given.state,
        "channel": None if given.channel is None else named(channels(session), given.channel)["id"],
        "incident": given.incident,
    }
    found = list(session.client.pages("/deliveries", "deliveries", most, limit=min(most, 100), **wish))
    if session.json:
        session.out.document({"deliveries": found})
    elif not found:
        session.err.line("Nothing was sent.")
    else:
        session.out.table(_HEADS, [_row(one, session.now_ms) for one in found])
    return OK


def channels(session: Session) -> list[dict[str, Any]]:
    """Return all channels; raise Failure."""
    return records(session.client.get("/channels"), "channels")


def named(found: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the channel with exactly that name or id, however its letters are cased; raise Failure."""
    wanted = name.casefold()
    exact = [one for one in found if wanted in {str(one.get("name")).casefold(), str(one.get("id")).casefold()}]
    exact = [one for one in exact if one.get("name") == name] or exact
    if len(exact) == 1:
        return exact[0]
    if exact:
        ids = ", ".join(str(one.get("id")) for one in exact)
        raise usage(f"{len(exact)} channels are called {name!r}", f"name one by its id: {ids}")
    near = closest(name, [str(one.get("name")) for one in found])
    meant = f"; did you mean {near}?" if near else ""
    raise Failure(NOT_FOUND, "unknown_channel", f"there is no channel {name!r}{meant}", "wakeful channels lists them")


def tell(session: Session, delivery: Mapping[str, Any], indent: str = "") -> None:
    """Say how a delivery stands, and what its attempts came to."""
    state, name = str(delivery.get("state")), str(delivery.get("channel_name") or delivery.get("channel") or "")
    session.out.line(indent, Styled(state, STYLES.get(state, "")), f" {delivery.get('moment')} to {name}")
    if delivery.get("error"):
        session.out.paragraph(str(delivery["error"]), f"{indent}  ")
    if delivery.get("due"):
        session.out.line(f"{indent}  ", Styled(f"it is tried at {local(delivery['due'])}", "dim"))


def _one(session: Session, delivery: dict[str, Any]) -> int:
    if session.json:
        session.out.document(delivery)
        return OK
    tell(session, delivery)
    rows: list[tuple[str, Cell]] = [
        ("delivery", str(delivery.get("id"))),
        ("incident", str(delivery.get("incident") or "")),
        ("tries", str(delivery.get("tries") or "")),
        *((word, local(delivery.get(word))) for word in ("made", "ended")),
    ]
    session.out.pairs(rows, "  ")
    log = delivery.get("log")
    for entry in log if isinstance(log, list) else []:
        said = {name: value for name, value in entry.items() if name not in {"at", "at_ms"} and value not in ("", None)}
        told = ", ".join(f"{name} {value}" for name, value in said.items())
        session.out.line("  ", Styled(local(entry.get("at")), "dim"), f"  {told}")
    return OK


def _row(delivery: Mapping[str, Any], now_ms: int) -> list[Cell]:
    state = str(delivery.get("state"))
    return [
        str(delivery.get("id")),
        ago(delivery.get("made"), now_ms),
        str(delivery.get("channel_name") or delivery.get("channel") or ""),
        str(delivery.get("moment") or ""),
        Styled(state, STYLES.get(state, "")),
        str(delivery.get("tries") or ""),
        str(delivery.get("error") or ""),
    ]
