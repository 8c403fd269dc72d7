"""A cluster by its newest settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.proxmox.acting.latest import Latest
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.store import proxmox_clusters
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster

    from .....fakes.proxmox import FakeCluster


def test_every_verb_reaches_the_cluster(pve: FakeCluster, kept: Callable[..., Cluster], data: Path) -> None:
    kept(pve)
    pve.vm(101, "web")
    api = Latest(data, "home")
    assert api.get("/version")["version"]
    assert api.post("/nodes/pve1/qemu/101/status/start").startswith("UPID:")
    assert api.put("/nodes/pve1/qemu/101/config", cores=2) is None
    api.post("/nodes/pve1/qemu/101/status/stop")
    assert api.delete("/nodes/pve1/qemu/101", purge=1).startswith("UPID:")
    assert [one.method for one in pve.writes()] == ["POST", "PUT", "POST", "DELETE"]


def test_a_new_certificate_is_trusted_once_it_is_set(
    pve: FakeCluster, kept: Callable[..., Cluster], data: Path
) -> None:
    kept(pve, ca="", fingerprints=[pve.fingerprint])
    api = Latest(data, "home")
    assert api.get("/version")
    shown = pve.renew()
    api.client.close()
    with pytest.raises(PveError) as caught:
        api.get("/version")
    assert caught.value.kind == "tls"
    kept(pve, ca="", fingerprints=[shown])
    assert api.get("/version")


def test_a_cluster_that_was_taken_away_is_missing(pve: FakeCluster, kept: Callable[..., Cluster], data: Path) -> None:
    kept(pve)
    api = Latest(data, "home")
    with changing(data) as connection:
        proxmox_clusters.remove(connection, "home")
    with pytest.raises(PveError) as caught:
        api.get("/version")
    assert caught.value.kind == "missing"
