from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.store import proxmox_clusters
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster

    from .....fakes.proxmox import FakeCluster


def test_a_client_is_kept_while_its_settings_stay(data: Path, pve: FakeCluster, kept: Callable[..., Cluster]) -> None:
    kept(pve)
    client = opening.client(data, "home")
    assert client.get("/version")
    assert opening.client(data, "home") is client
    kept(pve, poll_seconds=30)
    again = opening.client(data, "home")
    assert again is not client
    assert again.cluster.poll_seconds == 30
    assert client.get("/version"), "whoever still has it can finish"
    with changing(data) as connection:
        proxmox_clusters.remove(connection, "home")
    with pytest.raises(opening.Unknown):
        opening.client(data, "home")
    assert (str(data), "home") not in opening._kept
    kept(pve)
    again = opening.client(data, "home")
    opening._forget()
    assert opening.client(data, "home") is not again


def test_no_cluster_and_no_secret(data: Path, pve: FakeCluster, kept: Callable[..., Cluster]) -> None:
    with pytest.raises(opening.Unknown):
        opening.client(data, "home")
    kept(pve)
    with changing(data) as connection:
        connection.execute("UPDATE proxmox_clusters SET sealed = ''")
    with pytest.raises(PveError, match="has no secret"):
        opening.client(data, "home")
    kept(pve)
    (data / "vault.key").unlink()
    with pytest.raises(PveError, match="another collector's key") as caught:
        opening.client(data, "home")
    assert caught.value.kind == "auth"
    with changing(data) as connection:
        assert proxmox_clusters.remove(connection, "home")
