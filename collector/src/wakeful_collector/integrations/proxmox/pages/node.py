"""The page of one node: charts, what it is, its guests, storages, networks and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from wakeful_collector.integrations.proxmox.pages import charts, rows, task_lines
from wakeful_collector.integrations.proxmox.pages.frame import blueprint, cluster_page, found_cluster, lacking
from wakeful_collector.read import proxmox, proxmox_history, proxmox_hosts
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.model.estate import Node

TASKS_SHOWN = 20
GUESTS_SHOWN = 100


@kit.page(blueprint, "/<name>/nodes/<node>")
def node(name: str, node: str) -> kit.Answer:
    """Show a node, or the changing part of it when the page's script asks."""
    cluster = found_cluster(name)
    found = proxmox.node(kit.data(), cluster.name, node)
    if found is None:
        kit.abort(404, "unknown_node", "There is no such node in this cluster, or the token may not see it.")
    if kit.is_part() and request.args.get("part") == "now":
        return kit.render("proxmox/node-now.html", cluster=cluster, **_now(cluster, found), **lacking())
    context = _now(cluster, found) | charts.context(cluster, found.id, f"nodes/{found.name}")
    return cluster_page("proxmox/node.html", cluster, "overview", **context)


def _now(cluster: Cluster, found: Node) -> dict[str, Any]:
    data = kit.data()
    estate = proxmox.estate(data, cluster.name)
    here = [one for one in estate.guests if one.node == found.name]
    shown = here[:GUESTS_SHOWN]
    memories = proxmox_hosts.memories(data, cluster.name, shown, estate.usage, kit.now_ms())
    tasks = proxmox_history.tasks(data, cluster.name, node=found.name, limit=TASKS_SHOWN)
    return {
        "node": found,
        "row": rows.node(found, estate),
        "join": proxmox_hosts.joins(data, cluster.name).get(found.id),
        "guests": rows.guests(shown, estate.usage, memories),
        "guest_count": len(here),
        "storages": rows.storages((one for one in estate.storages if one.node == found.name), estate.usage),
        "networks": [one for one in estate.networks if one.node == found.name],
        "networks_area": estate.area(f"{found.id}/networks"),
        "node_area": estate.area(f"{found.id}/status"),
        "facts": facts(found),
        "tasks": task_lines.lines(data, cluster.name, tasks),
    }


def facts(found: Node) -> list[tuple[str, str]]:
    """Return what a node says of itself, as pairs of words."""
    names = {"pve": "Version", "kernel": "Kernel", "cpu": "Processor", "sockets": "Sockets", "boot": "Boots by"}
    return [(word, found.facts[name]) for name, word in names.items() if found.facts.get(name)]
