"""A machine that says nothing: whether it may, who could wake it, and what came of waking it before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector import wake
from wakeful_collector.read import commands, hosts, incidents
from wakeful_collector.web import kit, pages_commands

if TYPE_CHECKING:
    from wakeful_collector.model.host import Host
    from wakeful_collector.read.incidents import Absence
    from wakeful_collector.wake import Plan

LOOKED_THROUGH = 200
WAKES_SHOWN = 3
LONG = (("60", "1 hour"), ("480", "8 hours"), ("1440", "1 day"), ("10080", "1 week"), ("", "until I say otherwise"))


class Away(NamedTuple):
    """Why a host may be silent (None: it is expected); where it could be woken, how, and the wakes before."""

    absence: Absence | None
    plan: Plan | None
    wakes: list[pages_commands.Line]
    why_not: str


def away(found: Host, silent: bool, now_ms: int) -> Away:
    """Return what is known of a host's absence; who could wake it is asked only of one that is silent."""
    absence = incidents.absence(kit.data(), found.key, now_ms)
    lacking = kit.lacks(kit.principal())
    if not silent:
        return Away(absence, None, [], lacking)
    plan = wake.plan(kit.data(), found.id, {}, now_ms)
    return Away(absence, plan, _wakes(plan, now_ms), lacking or plan.reason)


def _wakes(plan: Plan, now_ms: int) -> list[pages_commands.Line]:
    """Return the newest wakes of the machine, whoever was asked to send them."""
    mac = plan.arguments.get("mac")
    newest = commands.commands(kit.data(), LOOKED_THROUGH).commands if mac else []
    found = [one for one in newest if one.action == wake.ACTION and one.arguments.get("mac") == mac][:WAKES_SHOWN]
    known = {host.key: host for host in hosts.hosts(kit.data())} if found else {}
    return pages_commands.lines(found, known, now_ms)
