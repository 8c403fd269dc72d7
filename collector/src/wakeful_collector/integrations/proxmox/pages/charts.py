"""Charts of a node or guest: which there are, and the series they draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster


def context(cluster: Cluster, subject: str, where: str) -> dict[str, Any]:
    """Return what a page with charts of a subject (`qemu/100`, `node/pve1`) is rendered with."""
    return {
        "panels": [],
        "no_charts": "Charts are switched off for this cluster." if not cluster.charts else "Nothing was measured yet.",
        "series": "",
        "span": "1h",
        "spans": (),
    }
