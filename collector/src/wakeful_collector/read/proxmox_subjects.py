"""Questions about nodes and guests of Proxmox clusters as subjects of samples: under which key they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import database, proxmox_subjects

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.proxmox_subjects import Gap, Subject


def key_of(data: Path, cluster: str, subject: str) -> int | None:
    """Return the key of a node or guest by its id (`qemu/100`, `node/pve1`); None when nothing was measured of it."""
    with database.translated():
        return proxmox_subjects.key_of(database.reader(data, "state"), cluster, subject)


def subjects(data: Path, cluster: str) -> dict[str, Subject]:
    """Return the subjects of a cluster by id."""
    with database.translated():
        return proxmox_subjects.here(database.reader(data, "state"), cluster)


def gaps(data: Path, cluster: str, most: int) -> list[Gap]:
    """Return gaps of a cluster's subjects that are to be filled."""
    with database.translated():
        return proxmox_subjects.gaps(database.reader(data, "state"), cluster, most)
