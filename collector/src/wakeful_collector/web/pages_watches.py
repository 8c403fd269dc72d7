"""What one host keeps alive: its incidents, watches and game servers, what it may be asked, and what it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import request

from wakeful_collector.read import commands, incidents, watches
from wakeful_collector.web import kit, pages_actions, pages_away, pages_commands, pages_host, pages_moods, pages_permits
from wakeful_collector.web.pages_frame import blueprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.model.host import Host
    from wakeful_collector.model.watch import Watch
    from wakeful_collector.read.incidents import IncidentRecord
    from wakeful_collector.read.watches import HostServer

OVER_SHOWN = 10
GOING_ON_SHOWN = 100
COMMANDS_SHOWN = 25
CONSOLE_LINES = 40
SIGNALS = ("start", "stop", "restart", "kill")
STATES = {
    "up": ("ok", "up"),
    "starting": ("ok", "starting"),
    "down": ("bad", "down"),
    "held": ("warn", "held"),
    "stopped": ("none", "stopped by a person"),
    "unknown": ("warn", "nobody can tell"),
}
PHASES = {
    "watching": "watching",
    "settling": "waits whether it stays so",
    "acting": "an attempt is being made",
    "verifying": "looks whether it comes up",
    "steadying": "looks whether it stays up",
    "waiting": "waits before the next attempt",
    "given_up": "given up: a person is needed",
    "rehearsed": "would act, but only rehearses",
    "held": "is not fought",
    "stopped": "left alone until somebody starts it",
    "paused": "paused",
}
SERVER_MOODS = {"running": "ok", "starting": "warn", "stopping": "warn", "offline": "bad"}
LINKS = {"link": "Terminal", "read-only": "Terminal, to look at", "writable": "Terminal, to write in"}


class Button(NamedTuple):
    """A button: the operation, what it says, and why it cannot be pressed."""

    operation: str
    label: str
    why_not: str
    fields: dict[str, str]
    ask: str
    danger: str


class Row(NamedTuple):
    """A watch with its words and buttons."""

    watch: Watch
    mood: str
    state: str
    phase: str
    buttons: list[Button]


class Card(NamedTuple):
    """A game server with its figures and buttons; `node` is empty where the panel does not say."""

    found: HostServer
    mood: str
    figures: list[tuple[str, str, float]]
    console: tuple[str, ...]
    links: list[tuple[str, str]]
    buttons: list[Button]


@kit.page(blueprint, "/hosts/<host_id>/watches")
def host_watches(host_id: str) -> kit.Answer:
    """Show what a host keeps alive, or the part of it that the page's script asks for again."""
    found = pages_host.found_host(host_id)
    known = pages_permits.permits(found, kit.principal())
    part = request.args.get("part", "")
    if kit.is_part() and part in PARTS:
        context = PARTS[part](found, known)
        return kit.render(f"watches-{part}.html", host=found, lacking=kit.lacks(kit.principal()), **context)
    gathered: dict[str, Any] = {}
    for gather in PARTS.values():
        gathered |= gather(found, known)
    missing = next((name for name in ("watch.repair", "watch.pause") if not known.permitted(name)), "")
    return pages_host.host_page(
        "watches.html",
        found,
        "watches",
        forms=pages_actions.forms(known),
        lacking=kit.lacks(kit.principal()),
        permitting=known.lines(missing) if missing and gathered["rows"] else "",
        long=pages_away.LONG,
        **gathered,
    )


def _incidents(found: Host, _: pages_permits.Permits) -> dict[str, Any]:
    going_on, over = host_incidents(found, request.args.get("incident", "")[:160])
    return {"going_on": going_on, "over": over}


def host_incidents(found: Host, wanted: str) -> tuple[list[IncidentRecord], list[IncidentRecord]]:
    """Return what goes on with a host, and what is over: the newest, and the one that a link leads to."""
    data = kit.data()
    standing = [
        one
        for state in ("open", "acknowledged")
        for one in incidents.incidents(data, state, found.key, None, GOING_ON_SHOWN).incidents
    ]
    over = incidents.incidents(data, "closed", found.key, None, OVER_SHOWN).incidents
    linked = incidents.incident(data, wanted) if wanted else None
    if linked is not None and linked.host_id == found.id and linked.state == "closed":
        over += [linked] if all(one.incident.id != linked.incident.id for one in over) else []
    return standing, over


def _list(found: Host, known: pages_permits.Permits) -> dict[str, Any]:
    rows = [_row(one.watch, known) for one in watches.watches(kit.data(), found.key)]
    return {"rows": sorted(rows, key=lambda row: pages_moods.rank([row.mood]))}


def _row(watch: Watch, known: pages_permits.Permits) -> Row:
    mood, state = STATES.get(watch.state, ("none", watch.state or "not said"))
    if watch.phase == "given_up":
        mood = "bad"
    phase = PHASES.get(watch.phase, watch.phase.replace("_", " "))
    return Row(watch, mood, state, "" if watch.phase == watch.state else phase, _watch_buttons(watch, known))


def _watch_buttons(watch: Watch, known: pages_permits.Permits) -> list[Button]:
    name, host = watch.name, known.host.name
    fields = {"host": known.host.id, "watch": name}

    def button(operation: str, label: str, ask: str, **more: str) -> Button:
        why_not, danger = known.why_not(operation, name), known.danger(operation, name)
        return Button(operation, label, why_not, fields | more, ask, danger)

    repair = button("watch.repair", "Repair now", f"Repair {name} on {host} now, whatever its attempts and pauses?")
    if watch.paused:
        return [button("watch.resume", "Resume", f"Keep {name} on {host} alive again?"), repair]
    alone = f"Leave {name} on {host} alone"
    return [
        repair,
        button("watch.pause", "Pause 1 h", f"{alone} for an hour?", seconds="3600"),
        button("watch.pause", "Pause", f"{alone} until somebody resumes it?", seconds="0"),
    ]


def _servers(found: Host, known: pages_permits.Permits) -> dict[str, Any]:
    principal = kit.principal()
    reveal = principal is not None and principal.may(pages_permits.SCOPE)
    listed = watches.servers(kit.data(), reveal, found.key)
    cards = sorted((_card(one, known) for one in listed), key=lambda card: pages_moods.rank([card.mood]))
    return {"servers": cards, "reveal": reveal}


def _card(one: HostServer, known: pages_permits.Permits) -> Card:
    server = one.server
    mood = SERVER_MOODS.get(server.state, "none")
    figures = [
        (label, key, float(value))
        for key, label in (
            ("cpu_absolute", "CPU"),
            ("memory_bytes", "Memory"),
            ("disk_bytes", "Disk"),
            ("uptime", "Up"),
        )
        if isinstance(value := server.resources.get(key), (int, float))
    ]
    links = [(LINKS.get(kind, kind.replace("_", " ").capitalize() or "Terminal"), url) for kind, url in one.links]
    return Card(one, mood, figures, server.console_tail[-CONSOLE_LINES:], links, _server_buttons(one, known))


def _server_buttons(one: HostServer, known: pages_permits.Permits) -> list[Button]:
    watch, name = one.server.watch, one.server.name or one.server.watch
    useless = {"start"} if one.server.state in ("running", "starting") else {"stop"}
    return [
        Button(
            "server.power",
            pages_commands.VERBS[f"server.{signal}"],
            known.why_not(f"server.{signal}", watch),
            {"host": known.host.id, "watch": watch, "signal": signal},
            f"{signal.capitalize()} {name} on {known.host.name}?",
            known.danger(f"server.{signal}", watch),
        )
        for signal in SIGNALS
        if signal not in useless
    ]


def _commands(found: Host, _: pages_permits.Permits) -> dict[str, Any]:
    newest = commands.commands(kit.data(), COMMANDS_SHOWN, None, found.key).commands
    return {"lines": pages_commands.lines(newest, {found.key: found}, kit.now_ms()), "with_host": False}


PARTS: dict[str, Callable[[Host, pages_permits.Permits], dict[str, Any]]] = {
    "incidents": _incidents,
    "list": _list,
    "servers": _servers,
    "commands": _commands,
}
