"""Questions about the Proxmox clusters: how they are set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import database, proxmox_clusters

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.proxmox_clusters import ClusterRow


def clusters(data: Path) -> list[ClusterRow]:
    """Return every cluster by name."""
    with database.translated():
        return proxmox_clusters.all_of(database.reader(data, "state"))


def cluster(data: Path, name: str) -> ClusterRow | None:
    """Return one cluster."""
    with database.translated():
        return proxmox_clusters.by_name(database.reader(data, "state"), name)
