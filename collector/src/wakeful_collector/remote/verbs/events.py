"""events: what happened, and what happens."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.client import path
from wakeful_collector.remote.failure import OK, Failure, closest
from wakeful_collector.remote.following import PAGE, Follower
from wakeful_collector.remote.moments import at_ms, local, seconds_of, span
from wakeful_collector.remote.table import Cell, Column, Styled
from wakeful_collector.remote.width import columns, cut, fill, harmless

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
The newest stand last, in your own time zone. --follow goes on with what arrives: it outlasts restarts of the collector
and of the network, tells each event once and leaves none out, also those that a machine tells late."""
EXAMPLES = """\
wakeful events
wakeful events --since 2h --host web-1
wakeful events --kind 'recovery.*' --follow
wakeful events --follow --json | jq -r .kind
"""
SINCE_MAX = 10_000
LISTED_MAX = 8
"""Of a list with more items an event's line says how many; --json has them."""

LATE_MS = 60_000
_STYLES: tuple[tuple[str, str], ...] = (
    ("failed", "bad"),
    ("given_up", "bad"),
    (".down", "bad"),
    ("refused", "warn"),
    ("held", "warn"),
)
_STYLES += (("succeeded", "good"), (".up", "good"), (".done", "good"))
_HEADS = (Column("TIME"), Column("HOST", 8), Column("KIND", 12), Column("SUBJECT", 8), Column("", 12, spare=1))


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what arrives; Ctrl-C ends it")
    parser.add_argument("--host", metavar="NAME", help="only of this host")
    parser.add_argument("--kind", metavar="PATTERN", help="only of this kind or pattern, like 'recovery.*'")
    parser.add_argument("--limit", "-n", type=int, metavar="N", help="how many (default: 50, with --follow: 10)")
    parser.add_argument(
        "--since", type=seconds_of, metavar="TIME", help=f"only so far back, like 2h (at most {SINCE_MAX})"
    )
    parser.add_argument("--for", dest="span", type=seconds_of, metavar="TIME", help="follow for so long, then end")
    parser.add_argument(
        "--interval", type=float, default=2.0, metavar="S", help="seconds between questions (default: 2)"
    )


def run(session: Session, given: argparse.Namespace) -> int:
    """Show events."""
    host_id = session.host_id(given.host)
    target = "/events" if host_id is None else path("hosts", host_id, "events")
    return _follow(session, given, target) if given.follow else _list(session, given, target)


def _list(session: Session, given: argparse.Namespace, target: str) -> int:
    most = given.limit if given.limit is not None else (50 if given.since is None else SINCE_MAX)
    pages = session.client.pages(target, "events", max(1, most), kind=given.kind, limit=min(max(1, most), PAGE))
    if given.since is not None:
        pages = takewhile(lambda one: (at_ms(one.get("at")) or 0) >= session.now_ms - given.since * 1000, pages)
    found = list(pages)
    if session.json:
        session.out.document({"events": found})
        return OK
    if not found:
        _tell_nothing(session, given.kind)
        return OK
    names = Names(session)
    session.out.table(_HEADS, [_cells(one, names) for one in reversed(found)])
    return OK


def _tell_nothing(session: Session, kind: str | None) -> None:
    """Say that nothing happened; of a kind that is not among the newest events, which kinds are."""
    if kind is None:
        session.err.line("Nothing happened.")
        return
    newest = session.client.pages("/events", "events", PAGE, limit=PAGE)
    kinds = sorted({str(one.get("kind")) for one in newest})
    if any(fnmatchcase(one, kind) for one in kinds):
        session.err.line(f"Nothing of the kind {kind} happened.")
        return
    near = closest(kind, kinds)
    session.err.line(f"Nothing of the kind {kind} happened" + (f"; did you mean {near}?" if near else "."))
    if kinds:
        session.err.paragraph(f"The newest events are of the kinds {', '.join(kinds)}.", "  ")


def _follow(session: Session, given: argparse.Namespace, target: str) -> int:
    names = Names(session)
    interval_seconds = min(max(given.interval, 0.2), 3600.0)
    follower = Follower(session.client, target, given.kind, interval_seconds, session.err.line)
    backlog = (10 if given.since is None else PAGE) if given.limit is None else max(0, given.limit)
    begun = follower.begin(backlog)
    since_ms = 0 if given.since is None else session.now_ms - given.since * 1000
    if given.limit is None and len(begun) == PAGE and (at_ms(begun[0].get("at")) or 0) >= since_ms:
        session.err.line(f"More than {PAGE} events happened since then; the newest {PAGE} are told.")
    for event in begun:
        if (at_ms(event.get("at")) or 0) >= since_ms:
            _tell(session, event, names)
    for event in follower.follow(given.span):
        _tell(session, event, names)
    return OK


class Names:
    """Names of hosts by id, looked up when one is met that is not known yet."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, str] = {}

    def __getitem__(self, host_id: object) -> str:
        """Return the name of a host, its id while nobody can say it, `-` for a host that was forgotten."""
        if not isinstance(host_id, str):
            return "-"
        if host_id not in self._known:
            try:
                found = list(self._session.client.pages("/hosts", "hosts", limit=1000))
            except Failure:  # an event that has arrived is told, whatever became of the collector since
                return host_id
            self._known |= {str(one.get("id")): str(one.get("name")) for one in found}
            self._known.setdefault(host_id, host_id)
        return self._known[host_id]


def _cells(event: dict[str, Any], names: Names) -> list[Cell]:
    kind = str(event.get("kind"))
    style = next((style for part, style in _STYLES if part in kind), "")
    more = "  ".join(filter(None, (_late(event), _data(event.get("data")))))
    return [
        local(event.get("at")),
        names[event.get("host")],
        Styled(kind, style),
        str(event.get("subject") or ""),
        more,
    ]


def _tell(session: Session, event: dict[str, Any], names: Names) -> None:
    """Write one event on one line, which cannot know how wide the next ones are."""
    if session.json:
        session.out.document(event, one_line=True)
        return
    at, host, kind, subject, more = (
        one if isinstance(one, Styled) else Styled(one, "") for one in _cells(event, names)
    )
    left = session.out.width
    pieces: list[Cell] = []
    for cell, room in ((at, 19), (host, 14), (kind, 20), (subject, 12), (more, 0)):
        text = fill(harmless(cell.text), room) + "  "
        text = text if left is None else cut(text, max(0, left), session.out.ellipsis if text.strip() else "")
        left = None if left is None else left - columns(text)
        pieces.append(cell._replace(text=text))
    session.out.line(*pieces)


def _late(event: dict[str, Any]) -> str:
    at, received = at_ms(event.get("at")), at_ms(event.get("received"))
    if at is None or received is None or received - at < LATE_MS:
        return ""
    return f"(told {span((received - at) / 1000)} late)"


def _data(data: object) -> str:
    if not isinstance(data, dict):
        return ""
    return " ".join(f"{name}={_value(value)}" for name, value in data.items())


def _value(value: object) -> str:
    if isinstance(value, list) and len(value) > LISTED_MAX:  # a console: --json has it, and so has its incident
        return f"({len(value)} lines)" if all(isinstance(one, str) for one in value) else f"({len(value)} items)"
    return value if isinstance(value, str) and value.isalnum() else json.dumps(value, ensure_ascii=False)
