"""Questions about guests and nodes of Proxmox clusters that run an agent, and how much memory guests use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.model.estate import LXC, Guest, Usage
from wakeful_collector.read import hosts, latest
from wakeful_collector.store import database, inventories, proxmox_joins
from wakeful_collector.store.proxmox_joins import Join

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["Join", "Machine", "Memory", "guest_of_host", "joins", "machines", "memories", "memory"]

FRESH_MS = 5 * 60_000
"""How old what an agent measured may be to count as what is used now."""

AGENT, BALLOON, CGROUP, POLL = "agent", "balloon", "cgroup", "poll"
NOTES = {
    AGENT: "measured inside by the agent: page cache is not counted, as it is given back when asked for",
    BALLOON: "told by the guest's balloon driver: page cache counts as used",
    CGROUP: "counted by the container's control group",
    POLL: "what the virtual machine holds of the node's memory, page cache included; it tells nothing else",
}
"""What each source of a memory's use says, best first."""


class Memory(NamedTuple):
    """How much memory a guest uses, out of how much, which evidence says so, and what that evidence counts."""

    used_bytes: int
    max_bytes: int
    source: str

    @property
    def note(self) -> str:
        """Return in words what the source counts."""
        return NOTES[self.source]


class Machine(NamedTuple):
    """A host by what it tells of itself: its cards and addresses but those of loops, and its machine id."""

    id: str
    reported_name: str
    machine_id: str
    macs: frozenset[str]
    addresses: frozenset[str]


def machines(data: Path) -> list[Machine]:
    """Return every host by what it tells of itself."""
    with database.translated():
        bodies = inventories.bodies(database.reader(data, "state"), "network")
    told = {key: _interfaces(body) for key, _, body in bodies}
    return [
        Machine(one.id, one.reported_name, one.machine_id, *told.get(one.key, (frozenset(), frozenset())))
        for one in hosts.hosts(data)
    ]


def joins(data: Path, cluster: str) -> dict[str, Join]:
    """Return which guests and nodes are hosts, by id (`qemu/100`, `node/pve1`)."""
    with database.translated():
        return {one.id: one for one in proxmox_joins.of(database.reader(data, "state"), cluster)}


def guest_of_host(data: Path, host_id: str) -> Join | None:
    """Return the guest or node that a host is."""
    with database.translated():
        found = proxmox_joins.of_host(database.reader(data, "state"), host_id)
    return found[0] if found else None


def memories(
    data: Path, cluster: str, guests: Iterable[Guest], usage: Mapping[str, Usage], now_ms: int
) -> dict[str, Memory]:
    """Return how much memory guests use by the best evidence there is, by id; what does not run uses none."""
    joined = joins(data, cluster)
    measured = _measured(data, {one.host for one in joined.values()}, now_ms) if joined else {}
    found = {}
    for one in guests:
        inside = measured.get(joined[one.id].host) if one.id in joined else None
        known = memory(one, usage.get(one.id), inside)
        if known is not None:
            found[one.id] = known
    return found


def memory(guest: Guest, usage: Usage | None, inside: tuple[int, int] | None = None) -> Memory | None:
    """Return how much memory a guest uses; `inside` is what an agent measured: used and total, both in bytes."""
    if guest.status != "running":
        return None
    if inside is not None:
        return Memory(*inside, AGENT)
    if usage is None or usage.memory_bytes is None:
        return None
    most = usage.memory_max_bytes or guest.memory_bytes
    if guest.kind == LXC:
        return Memory(usage.memory_bytes, most, CGROUP)
    return Memory(usage.memory_bytes, most, POLL if guest.balloon_memory_bytes is None else BALLOON)


def _interfaces(body: bytes) -> tuple[frozenset[str], frozenset[str]]:
    """Return cards and addresses of a host's interfaces; what is in it is hostile."""
    document = json.loads(body)
    macs, addresses = set(), set()
    for one in document if isinstance(document, list) else ():
        if not isinstance(one, dict) or one.get("kind") == "loopback" or one.get("name") == "lo":
            continue
        macs.add(str(one.get("mac", "")).lower())
        listed = one.get("addresses")
        addresses |= {str(each).partition("/")[0] for each in (listed if isinstance(listed, list) else ())}
    local = {one for one in addresses if one.startswith(("127.", "fe80:")) or one == "::1"}
    return frozenset(macs - {"", "00:00:00:00:00:00"}), frozenset(addresses - local)


def _measured(data: Path, wanted: set[str], now_ms: int) -> dict[str, tuple[int, int]]:
    """Return what agents measured lately of these hosts, by public id: used and total bytes."""
    keys = {one.key: one.id for one in hosts.hosts(data) if one.id in wanted}
    names = ("system.memory.limit", "system.memory.available")
    found = {}
    for key, samples in latest.latest_of_all(data, names).items():
        values = {one.name: one.value for one in samples if abs(now_ms - one.time_ms) <= FRESH_MS}
        if key in keys and len(values) == len(names):
            total, available = (int(values[name]) for name in names)
            found[keys[key]] = (max(0, total - available), total)
    return found
