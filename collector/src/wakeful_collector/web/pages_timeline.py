"""The timeline of the fleet: what goes on, what is over, and what was asked of machines by whom."""

from __future__ import annotations

from typing import Any

from flask import request

from wakeful_collector.read import commands, hosts, incidents
from wakeful_collector.web import kit, pages_commands
from wakeful_collector.web.pages_frame import blueprint

GOING_ON_SHOWN = 200
OVER_A_PAGE = 25
COMMANDS_A_PAGE = 25
_NOT_OF_THIS_LIST = "The page you asked for is not one of this list."


@kit.page(blueprint, "/timeline")
def timeline() -> kit.Answer:
    """Show what goes on and what was asked, or the part of it that the page's script asks for again."""
    lacking = kit.lacks(kit.principal())
    part = request.args.get("part", "")
    if kit.is_part() and part in PARTS:
        return kit.render(f"timeline-{part}.html", lacking=lacking, **PARTS[part]())
    gathered: dict[str, Any] = {}
    for gather in PARTS.values():
        gathered |= gather()
    return kit.render("timeline.html", active="timeline", lacking=lacking, **gathered)


def _going_on() -> dict[str, Any]:
    data = kit.data()
    listed = [
        one
        for state in ("open", "acknowledged")
        for one in incidents.incidents(data, state, None, None, GOING_ON_SHOWN).incidents
    ]
    count, untaken = incidents.counts(data)
    return {"going_on": listed, "count": count, "untaken": untaken}


def _over() -> dict[str, Any]:
    try:
        page = incidents.incidents(kit.data(), "closed", None, request.args.get("before"), OVER_A_PAGE)
    except ValueError:
        kit.abort(400, "invalid_cursor", _NOT_OF_THIS_LIST)
    return {"over": page.incidents, "over_next": page.next, "is_first": "before" not in request.args}


def _commands() -> dict[str, Any]:
    before = request.args.get("commands")
    if before is not None and not (before.isascii() and before.isdigit() and len(before) <= 18):
        kit.abort(400, "invalid_cursor", _NOT_OF_THIS_LIST)
    page = commands.commands(kit.data(), COMMANDS_A_PAGE, None if before is None else int(before))
    known = {host.key: host for host in hosts.hosts(kit.data())}
    lines = pages_commands.lines(page.commands, known, kit.now_ms())
    return {"lines": lines, "commands_next": page.next, "with_host": True, "commands_first": before is None}


PARTS = {"going-on": _going_on, "over": _over, "commands": _commands}
