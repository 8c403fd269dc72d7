"""The fleet: problem first, searched, sorted and paged by the address alone."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from wakeful_collector.read import fleet as reading
from wakeful_collector.read import hosts
from wakeful_collector.read.events import events as read_events
from wakeful_collector.web import kit, pages_events
from wakeful_collector.web.pages_frame import blueprint

ROWS_A_PAGE = 60
WORDS_MAX = 8
EVENTS_A_PAGE = 100
VIEW_NAMES = (
    ("all", "All"),
    ("problems", "Need a look"),
    ("silent", "Silent"),
    ("away", "Away"),
    ("up", "Up"),
    ("new", "Not heard yet"),
)
COLUMNS = (
    ("name", "Host", False),
    ("problems", "State", False),
    ("cpu", "CPU", True),
    ("memory", "Memory", True),
    ("disk", "Disk", True),
    ("network", "Network", True),
    ("seen", "Seen", True),
)


@kit.page(blueprint, "/")
def fleet() -> kit.Answer:
    """Show the fleet, or only its rows when the page's script asks."""
    wish = _wish()
    rows = reading.fleet(kit.data(), kit.now_ms())
    found = reading.chosen(rows, wish)
    pages = max(1, -(-len(found) // ROWS_A_PAGE))
    page = kit.number("page", 1, 1, pages)
    return kit.render(
        "fleet-rows.html" if kit.is_part() else "fleet.html",
        active="fleet",
        rows=found[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE],
        found=len(found),
        total=len(rows),
        counts=reading.counts(rows),
        tags=reading.tags(rows),
        wish=wish,
        query=request.args.get("q", "")[:200],
        page=page,
        pages=pages,
        views=VIEW_NAMES,
        columns=COLUMNS,
        link=_link,
    )


@kit.page(blueprint, "/events")
def events() -> kit.Answer:
    """Show what happened on all hosts, or on one, of all kinds, or of one; newest first."""
    kind, asked = pages_events.wanted_kind(), request.args.get("host", "").strip()[:256]
    known = hosts.hosts(kit.data())
    meant = pages_events.meant(known, asked) if asked else []
    only = meant[0].key if len(meant) == 1 else None
    try:
        page = read_events(kit.data(), only, request.args.get("before"), EVENTS_A_PAGE, kind or None)
    except ValueError:
        kit.abort(400, "invalid_cursor", "The page you asked for is not one of this list.")
    is_unclear = bool(asked) and only is None
    return kit.render(
        "events.html",
        active="events",
        events=[] if is_unclear else page.events,
        next=None if is_unclear else page.next,
        hosts={host.key: host for host in known},
        asked=asked,
        meant=meant,
        kind=kind,
        kinds=pages_events.kinds(kind),
        said=pages_events.said,
        place=pages_events.place,
    )


def _wish() -> reading.Wish:
    given = request.args
    view, sort = given.get("view", "all"), given.get("sort", "problems")
    return reading.Wish(
        words=tuple(given.get("q", "")[:200].casefold().split()[:WORDS_MAX]),
        tag=given.get("tag", "")[:64],
        view=view if view in reading.VIEWS else "all",
        sort=sort if sort in reading.SORTS else "problems",
        descending=given.get("order") == "down",
    )


def _link(**changes: Any) -> str:
    """Return this address with other parameters; what is empty is left out, and another choice starts at page 1."""
    kept = {name: request.args[name] for name in ("q", "tag", "view", "sort", "order") if request.args.get(name)}
    wanted = {name: value for name, value in {**kept, **changes}.items() if value and (name, value) != ("view", "all")}
    return url_for("pages.fleet", **wanted)
