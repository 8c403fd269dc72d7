"""Charts of a node or guest: which there are, and the series that they draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from wakeful_collector.integrations.proxmox.pages.frame import blueprint, found_cluster
from wakeful_collector.read import proxmox_subjects
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from flask import Response

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster

SPANS = ("1h", "6h", "24h", "7d", "30d", "90d", "1y")
OPENING = "1h"
_WAYS = {"style": "mirrored", "line": (), "least": 1_000}
PANELS = (
    kit.chart("cpu", "Processor", "", "proxmox.subject.cpu.utilization", unit="share of its cores", top=1.0),
    kit.chart(
        "memory",
        "Memory",
        "",
        "proxmox.subject.memory.usage",
        "proxmox.subject.memory.limit",
        unit="as Proxmox counts it",
        words={"proxmox.subject.memory.usage": "used", "proxmox.subject.memory.limit": "all"},
    ),
    kit.chart(
        "disk",
        "Disk",
        "",
        "proxmox.subject.disk.io",
        unit="read above, write below",
        down=("direction", "write"),
        **_WAYS,
    ),
    kit.chart(
        "network",
        "Network",
        "",
        "proxmox.subject.network.io",
        unit="in above, out below",
        down=("direction", "transmit"),
        **_WAYS,
    ),
)
SPACE = kit.chart(
    "space",
    "Root filesystem",
    "",
    "proxmox.subject.disk.usage",
    "proxmox.subject.disk.limit",
    words={"proxmox.subject.disk.usage": "used", "proxmox.subject.disk.limit": "all"},
)


def context(cluster: Cluster, subject: str, where: str) -> dict[str, Any]:
    """Return what a page with charts of a subject (`qemu/100`, `node/pve1`) is rendered with.

    `where` is its place below the cluster's address.
    """
    key = proxmox_subjects.key_of(kit.data(), cluster.name, subject)
    is_node = subject.startswith("node/")
    panels = () if key is None else (*PANELS[:2], SPACE, PANELS[3]) if is_node else PANELS
    why = "Charts are switched off for this cluster." if not cluster.charts else "Nothing was measured yet."
    asked = request.args.get("span", "")
    return {
        "panels": panels,
        "no_charts": why,
        "series": f"/integrations/proxmox/{cluster.name}/{where}/series",
        "span": asked if asked in SPANS else OPENING,
        "spans": SPANS,
    }


@kit.page(blueprint, "/<name>/guests/<int:vmid>/series")
def guest_series(name: str, vmid: int) -> kit.Answer:
    """Answer the series of a guest to its charts."""
    cluster = found_cluster(name)
    keys = (proxmox_subjects.key_of(kit.data(), cluster.name, f"{kind}/{vmid}") for kind in ("qemu", "lxc"))
    return _series(next((key for key in keys if key is not None), None))


@kit.page(blueprint, "/<name>/nodes/<node>/series")
def node_series(name: str, node: str) -> kit.Answer:
    """Answer the series of a node to its charts."""
    cluster = found_cluster(name)
    return _series(proxmox_subjects.key_of(kit.data(), cluster.name, f"node/{node}"))


def _series(key: int | None) -> Response:
    if key is None:
        kit.abort(404, "unknown_subject", "Nothing of it was measured.")
    return kit.series_answer(key)
