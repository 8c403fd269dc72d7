"""A Proxmox VE cluster of two nodes with two guests: either node answers for all of it, as pveproxy does."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from typing import TYPE_CHECKING

from ..fakes.proxmox.cluster import FakeClusters
from .actor import ROOT, Actor, obey
from .doorway import join

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from ..fakes.proxmox import FakeCluster
    from .places import Place

PORT = 8006
FIRST, SECOND = "pve1", "pve2"
VM, CONTAINER = 101, 200
TASK_PACE = 0.02
"""How many seconds one of the cluster's takes: a task of some seconds ends while one looks on."""


class Cluster:
    """The nodes at their places; `pve` is the cluster as the tests' fake has it, to be furnished and changed."""

    def __init__(self, places: Mapping[str, Place], folder: Path) -> None:
        self.places, self.folder = places, folder
        self.hosts = [f"{places[name].address}:{PORT}" for name in (FIRST, SECOND)]
        self.second = SecondNode(places[SECOND], folder / SECOND, places[FIRST].address)
        self.clusters: FakeClusters | None = None
        self.pve: FakeCluster

    def start(self) -> None:
        """Start both nodes."""
        self.clusters = FakeClusters(self.folder, self._begin)
        self.pve = self.clusters.open(TASK_PACE, at=(self.places[FIRST].address, PORT))
        self.pve.node(SECOND)
        config = {"memory": "2048", "cores": 2, "tags": "prod"}
        self.pve.vm(VM, "web-1", status="running", config=config)
        config = {"memory": 512, "hostname": "dns", "cores": 1}
        self.pve.ct(CONTAINER, "dns", node=SECOND, status="running", config=config)
        self.second.start()

    def stop(self) -> None:
        """End both nodes."""
        self.second.stop()
        clusters, self.clusters = self.clusters, None
        if clusters is not None:
            clusters.close()

    def _begin(self, argv: list[str], **more: Any) -> subprocess.Popen[str]:
        return self.places[FIRST].popen(argv, cwd=ROOT, **more)


class SecondNode(Actor):
    """The other node: what comes there is answered by the first."""

    module = "tests.story.cluster"

    def __init__(self, place: Place, folder: Path, first: str) -> None:
        super().__init__(place, folder, first)


class Program:
    """The second node's own side: it hands every connection on."""

    def __init__(self, address: str, first: str) -> None:
        self.first = first
        self.door = socket.create_server((address, PORT), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near = self.door.accept()[0]
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError), near, socket.create_connection((self.first, PORT), 10) as far:
            far.settimeout(None)
            join(near, far)


if __name__ == "__main__":
    obey(Program(sys.argv[2], sys.argv[3]))
