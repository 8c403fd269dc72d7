"""The page of one cluster: what is wrong, its nodes, what goes on, its busiest guests, its storages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from wakeful_collector.integrations.proxmox.pages import clusters, rows, task_lines
from wakeful_collector.integrations.proxmox.pages.frame import blueprint, cluster_page, found_cluster, lacking
from wakeful_collector.read import proxmox, proxmox_deeds, proxmox_history, proxmox_hosts
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.integrations.proxmox.pages.rows import GuestRow

GUESTS_SHOWN = 16
CHANGES_SHOWN = 8
TASKS_SHOWN = 8


@kit.page(blueprint, "/<name>")
def cluster(name: str) -> kit.Answer:
    """Show a cluster, or the part of it that the page's script asks for again."""
    found = found_cluster(name)
    part = request.args.get("part", "")
    if kit.is_part() and part in PARTS:
        return kit.render(f"proxmox/overview-{part}.html", cluster=found, **PARTS[part](found), **lacking())
    gathered: dict[str, Any] = {}
    for gather in PARTS.values():
        gathered |= gather(found)
    return cluster_page("proxmox/overview.html", found, "overview", **gathered)


def busiest(found: Iterable[GuestRow], limit: int) -> list[GuestRow]:
    """Return the guests to show first: those with something to know, then those that use the most."""
    moods = {"bad": 0, "warn": 1, "new": 1}

    def place(row: GuestRow) -> tuple[Any, ...]:
        worst = min((moods.get(mood, 2) for mood, _ in row.notes), default=2)
        return min(worst, moods.get(row.word.mood, 2)), -(row.cpu or 0.0) * row.guest.cpus, row.guest.vmid

    return sorted((row for row in found if not row.guest.template), key=place)[:limit]


def _now(found: Cluster) -> dict[str, Any]:
    estate = proxmox.estate(kit.data(), found.name)
    return {
        "wrongs": clusters.wrongs_of(estate),
        "figures": clusters.figures(estate),
        "nodes": rows.nodes(estate),
    }


def _guests(found: Cluster) -> dict[str, Any]:
    data = kit.data()
    guests = proxmox.guests(data, found.name)
    _, usage = proxmox.usage(data, found.name)
    first = [row.guest for row in busiest(rows.guests(guests, usage), GUESTS_SHOWN)]
    memories = proxmox_hosts.memories(data, found.name, first, usage, kit.now_ms())
    return {"guests": rows.guests(first, usage, memories), "guest_count": len(guests)}


def _storages(found: Cluster) -> dict[str, Any]:
    data = kit.data()
    return {"storages": rows.storages(proxmox.storages(data, found.name), proxmox.usage(data, found.name)[1])}


def _events(found: Cluster) -> dict[str, Any]:
    data = kit.data()
    tasks = task_lines.lines(data, found.name, proxmox_history.tasks(data, found.name, limit=TASKS_SHOWN))
    open_deeds = [one for one in proxmox_deeds.open_ones(data) if one.cluster == found.name]
    page = proxmox_history.changes(data, found.name, limit=CHANGES_SHOWN)
    return {"tasks": tasks, "open_deeds": open_deeds, "changes": page.changes}


PARTS: dict[str, Callable[[Cluster], dict[str, Any]]] = {
    "now": _now,
    "guests": _guests,
    "storages": _storages,
    "events": _events,
}
