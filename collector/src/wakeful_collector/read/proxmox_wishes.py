"""Questions about the declared state of Proxmox clusters: its versions, and what differs from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import database
from wakeful_collector.store import proxmox_wishes as table

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.proxmox_wishes import DriftRow, WishesRow


def newest(data: Path) -> WishesRow | None:
    """Return the declared state as it is kept now, None when nothing ever was."""
    with database.translated():
        return table.version(database.reader(data, "state"))


def version(data: Path, number: int) -> WishesRow | None:
    """Return one version of the declared state."""
    with database.translated():
        return table.version(database.reader(data, "state"), number)


def versions(data: Path) -> list[WishesRow]:
    """Return the versions without their files, newest first."""
    with database.translated():
        return table.versions(database.reader(data, "state"))


def drift(data: Path, cluster: str) -> DriftRow | None:
    """Return what differed of a cluster when it was looked at last."""
    with database.translated():
        return table.drift(database.reader(data, "state"), cluster)
