"""The sample cluster is served, looked at by the same synchronisation as a real one, and acted on."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest

from wakeful_collector import clock
from wakeful_collector.demo import pve, pve_estate
from wakeful_collector.demo.pve_world import World
from wakeful_collector.demo.story import Story
from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.integrations.proxmox.link.client import Client
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.sync.keeping import Attendant
from wakeful_collector.read import proxmox, proxmox_clusters, proxmox_history, proxmox_wishes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def served() -> Iterator[pve.Cluster]:
    """The sample cluster on a port of its own."""
    made = pve.Cluster(World(clock.now_ms() / 1000))
    yield made
    made.close()


def story() -> Story:
    return Story(12, 3, 1, clock.now_ms() // 15_000 * 15_000, ())


def client(served: pve.Cluster, data: Path, secret: str = pve.SECRET) -> Client:
    pve.settle(data, story(), served)
    known = clusters.cluster(data, pve_estate.CLUSTER)
    assert known is not None
    return Client(known, secret)


def test_it_is_wholly_in_view_after_a_look(served: pve.Cluster, data: Path) -> None:
    client(served, data).close()
    row = proxmox_clusters.cluster(data, pve_estate.CLUSTER)
    assert row is not None
    attendant = Attendant()
    for _ in range(2):  # the first is a poll alone
        attendant.look(data, row, clock.now_ms(), full=True)
    estate = proxmox.estate(data, pve_estate.CLUSTER)
    assert {one.vmid for one in estate.guests} == {one.vmid for one in pve_estate.SAMPLES}
    assert estate.quorate
    assert [one.name for one in estate.nodes] == ["pve1", "pve2"]
    assert [(one.name, one.state, one.reason) for one in estate.areas if one.state != "seen"] == []
    assert all(one.config_state == "seen" for one in estate.guests)
    assert len(proxmox_history.tasks(data, pve_estate.CLUSTER)) == len(pve_estate.PAST)


def test_it_does_what_it_is_asked_and_refuses_in_its_own_words(served: pve.Cluster, data: Path) -> None:
    api = client(served, data)
    upid = api.post("/nodes/pve1/qemu/103/status/reboot", timeout=10)
    assert api.one(f"/nodes/pve1/tasks/{upid}/status")["status"] == "running"
    assert api.put("/nodes/pve1/qemu/103/config", description="hello") is None
    assert api.one("/nodes/pve1/qemu/103/config")["description"] == "hello"
    with pytest.raises(PveError, match="does not exist"):
        api.get("/nodes/pve1/qemu/999/config")
    api.close()
    stranger = client(served, data, "another")
    with pytest.raises(PveError) as refused:
        stranger.get("/version")
    assert refused.value.kind == "auth"
    stranger.close()


def test_its_certificate_is_pinned_and_its_address_is_told_anew_each_time(served: pve.Cluster, data: Path) -> None:
    client(served, data).close()
    again = pve.Cluster(World(clock.now_ms() / 1000))
    client(again, data).close()
    known = clusters.cluster(data, pve_estate.CLUSTER)
    assert known is not None
    assert known.hosts == (again.host,)
    assert len(known.fingerprints) == 1
    again.close()


def test_its_past_and_what_was_declared_stand_in_the_collector(data: Path) -> None:
    pve.tell(data, story())
    page = proxmox_history.changes(data, pve_estate.CLUSTER)
    assert [one.name for one in page.changes] == ["shop", "shop-db", "build-runner"], "of three days"
    kept = proxmox_wishes.newest(data)
    assert kept is not None
    assert [path for path, _ in kept.files] == [path for path, _ in pve_estate.WISHES]


def test_whoever_speaks_no_tls_is_hung_up_on(served: pve.Cluster, data: Path) -> None:
    name, _, port = served.host.rpartition(":")
    with socket.create_connection((name, int(port)), timeout=30) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        plain.settimeout(30)
        with contextlib.suppress(ConnectionError):
            while plain.recv(100):
                pass
    api = client(served, data)
    assert api.one("/version")["version"]
    api.close()
