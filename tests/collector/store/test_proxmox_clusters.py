from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import database, proxmox_clusters
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_clusters import ClusterRow

if TYPE_CHECKING:
    from pathlib import Path


def test_a_cluster_is_written_changed_and_removed(data: Path) -> None:
    first = ClusterRow("home", {"hosts": ["pve1"]}, "v1.x", 1, 1)
    with changing(data) as connection:
        proxmox_clusters.keep(connection, ClusterRow("lab", {}, "", 1, 1))
        proxmox_clusters.keep(connection, first)
    reader = database.reader(data, "state")
    assert [one.name for one in proxmox_clusters.all_of(reader)] == ["home", "lab"]
    assert proxmox_clusters.by_name(reader, "home") == first
    with changing(data) as connection:
        proxmox_clusters.keep(connection, ClusterRow("home", {"hosts": ["pve2"]}, "", 5, 2))
    found = proxmox_clusters.by_name(reader, "home")
    assert found == ClusterRow("home", {"hosts": ["pve2"]}, "", 1, 2)
    with changing(data) as connection:
        assert proxmox_clusters.remove(connection, "home")
        assert not proxmox_clusters.remove(connection, "home")
    assert proxmox_clusters.by_name(reader, "home") is None
