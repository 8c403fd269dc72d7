"""What the tests of the Proxmox room share: clusters in a process of their own, one for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.store import proxmox_clusters, vault
from wakeful_collector.store.changes import changing

from ....fakes.proxmox import FakeCluster, FakeClusters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster


@pytest.fixture(scope="session")
def pve_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeClusters]:
    """The process of all clusters of a run."""
    made = FakeClusters(tmp_path_factory.mktemp("pve"))
    yield made
    made.close()


@pytest.fixture
def pve(pve_process: FakeClusters) -> Iterator[FakeCluster]:
    """A cluster of one node `pve1`, without guests; tasks end at once."""
    made = pve_process.open()
    yield made
    made.close()


@pytest.fixture
def kept(data: Path, now_ms: int) -> Callable[..., Cluster]:
    """Keep a cluster as `proxmox.cluster.add` does: `kept(pve)`, `kept(pve, name="lab", poll_seconds=5)`."""

    def keep(pve: FakeCluster, **more: Any) -> Cluster:
        given = {"name": "home", "hosts": [pve.host], "login": pve.token_id, "ca": pve.ca, **more}
        secret = given.pop("secret", pve.secret)
        made = clusters.check(given)
        with changing(data) as connection:
            proxmox_clusters.keep(connection, clusters.row(made, vault.seal(data, secret), now_ms, now_ms))
        return made

    return keep
