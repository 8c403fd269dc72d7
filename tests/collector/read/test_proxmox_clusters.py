from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.read import proxmox_clusters as asked
from wakeful_collector.store import proxmox_clusters
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_clusters import ClusterRow

if TYPE_CHECKING:
    from pathlib import Path


def test_clusters_by_name(data: Path) -> None:
    assert asked.clusters(data) == []
    row = ClusterRow("home", {"hosts": ["pve1"]}, "v1.x", 1, 1)
    with changing(data) as connection:
        proxmox_clusters.keep(connection, row)
    assert asked.clusters(data) == [row]
    assert asked.cluster(data, "home") == row
    assert asked.cluster(data, "lab") is None
