"""Proxmox clusters as Prometheus reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from wakeful_collector.model.estate import Guest, Node, Usage
from wakeful_collector.read import proxmox
from wakeful_collector.store import proxmox_clusters, proxmox_estate
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_clusters import ClusterRow
from wakeful_collector.store.proxmox_estate import Area, Thing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def lines(program: Callable[..., Any]) -> list[str]:
    text: str = program("read")("/metrics").text
    return [line for line in text.splitlines() if line.startswith("wakeful_proxmox_")]


def test_a_cluster_and_what_it_uses(program: Callable[..., Any], data: Path, now_ms: int) -> None:
    node, guest = Node("home", "pve1", "online"), Guest("home", 100, "qemu", name='we"b', status="running")
    usage = {
        "qemu/100": Usage(cpu=0.25, memory_bytes=5, memory_max_bytes=10),
        "node/pve1": Usage(cpu=0.5),
        "storage/pve1/local": Usage(disk_bytes=1),
    }
    with changing(data) as connection:
        proxmox_clusters.keep(connection, ClusterRow("home", {}, "", 1, 1))
        proxmox_clusters.keep(connection, ClusterRow("new", {}, "", 1, 1))
        things = [Thing("node", node.id, msgspec.msgpack.encode(node))]
        things.append(Thing("guest", guest.id, msgspec.msgpack.encode(guest)))
        proxmox_estate.keep(connection, "home", things)
        proxmox_estate.keep_areas(connection, "home", [Area("ha", "not_permitted", "", 1, 1)])
        proxmox_estate.stand(
            connection,
            "home",
            tried_ms=now_ms,
            polled_ms=now_ms - 4_000,
            quorate=True,
            requests=2,
            seconds=0.5,
            usage=proxmox.packed(usage),
        )
    assert lines(program) == [
        'wakeful_proxmox_up{cluster="home"} 1',
        'wakeful_proxmox_up{cluster="new"} 0',
        'wakeful_proxmox_seen_age_seconds{cluster="home"} 4',
        'wakeful_proxmox_quorate{cluster="home"} 1',
        'wakeful_proxmox_requests{cluster="home"} 2',
        'wakeful_proxmox_look_seconds{cluster="home"} 0.5',
        'wakeful_proxmox_nodes{cluster="home",status="online"} 1',
        'wakeful_proxmox_guests{cluster="home",kind="qemu",status="running"} 1',
        'wakeful_proxmox_areas{cluster="home",state="not_permitted"} 1',
        'wakeful_proxmox_cpu_utilization{cluster="home",id="node/pve1",name="pve1"} 0.5',
        'wakeful_proxmox_cpu_utilization{cluster="home",id="qemu/100",name="we\\"b"} 0.25',
        'wakeful_proxmox_memory_usage_bytes{cluster="home",id="qemu/100",name="we\\"b"} 5',
        'wakeful_proxmox_memory_limit_bytes{cluster="home",id="qemu/100",name="we\\"b"} 10',
    ]


def test_a_look_that_failed(program: Callable[..., Any], data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        proxmox_clusters.keep(connection, ClusterRow("home", {}, "", 1, 1))
        proxmox_estate.stand(connection, "home", tried_ms=now_ms, failed="tls", error="x", quorate=False)
    assert lines(program) == ['wakeful_proxmox_up{cluster="home"} 0', 'wakeful_proxmox_quorate{cluster="home"} 0']
