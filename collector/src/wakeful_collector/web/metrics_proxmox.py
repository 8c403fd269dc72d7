"""Proxmox clusters as Prometheus families: how the look at each goes, what is up, what nodes and guests use."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.web.metrics_text import Family

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wakeful_collector.model.estate import Area, Guest, Node, Usage
    from wakeful_collector.read.proxmox import Standing

_PREFIX = "wakeful_proxmox_"


class Known(NamedTuple):
    """What is known of one cluster."""

    name: str
    standing: Standing
    nodes: Sequence[Node]
    guests: Sequence[Guest]
    areas: Sequence[Area]
    usage: Mapping[str, Usage]


def families(clusters: Sequence[Known], now_ms: int) -> list[Family]:
    """Return the families of all clusters."""
    return [*_looks(clusters, now_ms), *_counts(clusters), *_used(clusters)]


def _looks(clusters: Sequence[Known], now_ms: int) -> list[Family]:
    up = Family(f"{_PREFIX}up", "gauge", "1 while the last look at a cluster went well")
    age = Family(f"{_PREFIX}seen_age_seconds", "gauge", "Time since a cluster was last seen")
    quorate = Family(f"{_PREFIX}quorate", "gauge", "1 while a cluster has its quorum")
    requests = Family(f"{_PREFIX}requests", "gauge", "Requests that the last look at a cluster took")
    seconds = Family(f"{_PREFIX}look_seconds", "gauge", "Time that the last look at a cluster took")
    for one in clusters:
        up.add(int(bool(one.standing.tried_ms) and not one.standing.failed), cluster=one.name)
        if one.standing.polled_ms:
            age.add(max(0.0, (now_ms - one.standing.polled_ms) / 1000), cluster=one.name)
            requests.add(one.standing.requests, cluster=one.name)
            seconds.add(one.standing.seconds, cluster=one.name)
        if one.standing.quorate is not None:
            quorate.add(int(one.standing.quorate), cluster=one.name)
    return [up, age, quorate, requests, seconds]


def _counts(clusters: Sequence[Known]) -> list[Family]:
    nodes = Family(f"{_PREFIX}nodes", "gauge", "Nodes of a cluster by their status")
    guests = Family(f"{_PREFIX}guests", "gauge", "Guests of a cluster by kind and status")
    areas = Family(f"{_PREFIX}areas", "gauge", "Parts of a cluster by how they were seen")
    for one in clusters:
        for status, count in sorted(Counter(node.status for node in one.nodes).items()):
            nodes.add(count, cluster=one.name, status=status)
        for (kind, status), count in sorted(Counter((guest.kind, guest.status) for guest in one.guests).items()):
            guests.add(count, cluster=one.name, kind=kind, status=status)
        for state, count in sorted(Counter(area.state for area in one.areas).items()):
            areas.add(count, cluster=one.name, state=state)
    return [nodes, guests, areas]


def _used(clusters: Sequence[Known]) -> list[Family]:
    """Return what the last poll said of each node and guest; `id` is the cluster's own, as `qemu/100`."""
    cpu = Family(f"{_PREFIX}cpu_utilization", "gauge", "Share of its processors a node or guest uses")
    memory = Family(f"{_PREFIX}memory_usage_bytes", "gauge", "Memory of a node or guest in use, as the cluster says")
    limit = Family(f"{_PREFIX}memory_limit_bytes", "gauge", "Memory of a node or guest")
    for one in clusters:
        names = {guest.id: guest.name for guest in one.guests} | {node.id: node.name for node in one.nodes}
        for name, usage in sorted(one.usage.items()):
            if name not in names:  # a storage
                continue
            labels = {"cluster": one.name, "id": name, "name": names[name]}
            for family, value in ((cpu, usage.cpu), (memory, usage.memory_bytes), (limit, usage.memory_max_bytes)):
                if value is not None:
                    family.add(value, **labels)
    return [cpu, memory, limit]
