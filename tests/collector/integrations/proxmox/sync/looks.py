"""A cluster that is looked at by the test, cycle by cycle, as the worker does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.sync.keeping import Attendant
from wakeful_collector.read import proxmox, proxmox_clusters, proxmox_history

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.model.estate import Area, Estate, Guest
    from wakeful_collector.read.proxmox_history import Change

    from .....fakes.proxmox import FakeCluster
    from .....fakes.proxmox.cluster import Request

START_MS = 1_795_000_000_000


class Looks:
    """One kept cluster, its attendant and its clock, which goes on by the poll's interval with each look."""

    def __init__(self, data: Path, pve: FakeCluster, name: str = "home") -> None:
        self.data = data
        self.pve = pve
        self.name = name
        self.now_ms = START_MS
        self.attendant = Attendant()

    def once(self, seconds: float = 10, **how: Any) -> list[Request]:
        """Look once; return what was asked of the cluster."""
        before = len(self.pve.requests())
        row = proxmox_clusters.cluster(self.data, self.name)
        assert row is not None
        self.now_ms += int(seconds * 1000)
        self.attendant.look(self.data, row, self.now_ms, **how)
        return self.pve.requests(before)

    def settle(self) -> None:
        """Look until nothing is left that was never read."""
        self.once()
        while self.attendant.has_more:
            self.once(1)

    def again(self) -> None:
        """Begin as a worker does that was started anew."""
        self.attendant = Attendant()

    @property
    def estate(self) -> Estate:
        return proxmox.estate(self.data, self.name)

    def guest(self, vmid: int) -> Guest:
        found = proxmox.guest(self.data, self.name, vmid)
        assert found is not None
        return found

    def area(self, name: str) -> Area:
        return self.estate.area(name)

    def changes(self) -> list[Change]:
        """Return every change, oldest first."""
        return proxmox_history.changes(self.data, self.name, limit=500).changes[::-1]

    def told(self) -> list[tuple[str, str, str | None, str | None]]:
        """Return every change as id, field, old and new value, oldest first."""
        return [(one.id, one.field, one.old, one.new) for one in self.changes()]


def paths(asked: list[Request]) -> list[str]:
    """Return the paths that were asked for."""
    return [one.path for one in asked]
