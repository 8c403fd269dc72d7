"""What the sample cluster answers: the part of Proxmox's API that Wakeful asks, over the world as it lives."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from wakeful_collector import clock
from wakeful_collector.demo import pve_estate
from wakeful_collector.demo.pve_estate import CLUSTER, GIB, NODES, STORAGES
from wakeful_collector.demo.pve_world import ended

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wakeful_collector.demo.pve_world import Guest, Task, World

VERSION = {"version": "9.0.10", "release": "9.0", "repoid": "5a5a5a5a5a5a5a5a"}
_ALL = (
    "Sys.Audit VM.Audit Datastore.Audit Pool.Audit SDN.Audit Mapping.Audit VM.GuestAgent.Audit VM.PowerMgmt VM.Snapshot"
)
_MORE = "VM.Snapshot.Rollback VM.Backup VM.Migrate VM.Clone VM.Allocate Datastore.AllocateSpace SDN.Use Pool.Allocate"


class Refused(Exception):
    """What the cluster says no to, in its own words, with the status it says it by."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def answer(world: World, path: str, query: Mapping[str, str]) -> Any:
    """Return what a GET answers as `data`. Raises Refused."""
    world.settle()
    for pattern, told in _READS:
        found = re.fullmatch(pattern, path)
        if found:
            with world.lock:
                return told(world, query, *found.groups())
    raise Refused(501, f"Method 'GET {path}' not implemented")


def guest_of(world: World, node: str, kind: str, vmid: str) -> Guest:
    """Return a guest that stands where the path says. Raises Refused."""
    found = world.guests.get(int(vmid))
    if found is None or (found.node, found.kind) != (node, kind):
        folder = "qemu-server" if kind == "qemu" else "lxc"
        raise Refused(500, f"Configuration file 'nodes/{node}/{folder}/{vmid}.conf' does not exist")
    return found


def config_of(guest: Guest) -> dict[str, Any]:
    """Return a guest's configuration with its digest."""
    text = json.dumps(guest.config, sort_keys=True)
    return {**guest.config, "digest": hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()}


def _resources(world: World, query: Mapping[str, str]) -> list[dict[str, Any]]:
    now = clock.now_ms() / 1000
    guests = [_listed(world, one, now) for one in world.guests.values()]
    if query.get("type") == "vm":
        return guests
    return [*guests, *(_node(world, name, now) for name in NODES), *_storages(world)]


def _listed(world: World, one: Guest, now: float) -> dict[str, Any]:
    cpu, memory = world.usage(one, now)
    up = int(now - one.since) if one.status == "running" else 0
    moved = [world.moved(one, what, up) for what in range(4)]
    row = {
        "id": f"{one.kind}/{one.vmid}", "type": one.kind, "vmid": one.vmid, "name": one.name, "node": one.node,
        "status": one.status, "template": int("template" in one.config), "tags": one.config.get("tags", ""),
        "cpu": cpu, "maxcpu": int(one.config["cores"]), "mem": memory,
        "maxmem": int(one.config["memory"]) << 20, "disk": one.disk_bytes // 3 if one.kind == "lxc" else 0,
        "maxdisk": one.disk_bytes, "uptime": up,
        "netin": moved[0], "netout": moved[1], "diskread": moved[2], "diskwrite": moved[3],
    }  # fmt: skip
    return row | ({"lock": one.lock} if one.lock else {})


def _node(world: World, name: str, now: float) -> dict[str, Any]:
    cores, memory, _ = NODES[name]
    here = [(one, world.usage(one, now)) for one in world.guests.values() if one.node == name]
    busy = sum(cpu * int(one.config["cores"]) for one, (cpu, _) in here) / cores
    held = sum(used for _, (_, used) in here) + 3 * GIB
    return {
        "id": f"node/{name}", "type": "node", "node": name, "status": "online", "cpu": min(0.99, busy + 0.02),
        "maxcpu": cores, "mem": min(held, memory), "maxmem": memory, "disk": 21 * GIB, "maxdisk": 94 * GIB,
        "uptime": int(now - world.end + 41 * 86_400), "level": "", **_flow(world, name, now),
    }  # fmt: skip


def _flow(world: World, node: str, now: float) -> dict[str, int]:
    """Return what the guests of a node moved over the network, as the node counts it."""
    here = [one for one in world.guests.values() if one.node == node and one.status == "running"]
    ways = {"netin": 0, "netout": 1}
    return {name: sum(world.moved(one, what, now - one.since) for one in here) for name, what in ways.items()}


def _storages(world: World) -> list[dict[str, Any]]:
    return [
        {
            "id": f"storage/{node}/{name}", "type": "storage", "storage": name, "node": node, "status": "available",
            "plugintype": kind, "content": content, "shared": int(shared), "disk": _stored(world, name, node),
            "maxdisk": size,
        }
        for name, (kind, content, shared, size) in STORAGES.items()
        for node in NODES
    ]  # fmt: skip


def _stored(world: World, name: str, node: str) -> int:
    if name == "nas":
        return sum(int(one["size"]) for one in world.backups) + int(STORAGES[name][3] * 0.58)
    if name == "local":
        return 19 * GIB
    used = sum(one.disk_bytes for one in world.guests.values() if one.node == node)
    return int(used * (1.9 if node == "pve1" else 0.7))


def _content(world: World, _: Mapping[str, str], node: str, name: str) -> list[dict[str, Any]]:
    if name == "nas":
        return list(world.backups)
    if name == "local":
        return [
            {"volid": "local:iso/debian-12.7.0-amd64-netinst.iso", "content": "iso", "format": "iso", "size": 663 << 20}
        ]
    rows = []
    for one in world.guests.values():
        if one.node == node:
            key = "scsi0" if one.kind == "qemu" else "rootfs"
            volid = one.config[key].partition(",")[0]
            content = "images" if one.kind == "qemu" else "rootdir"
            rows.append({"volid": volid, "content": content, "format": "raw", "size": one.disk_bytes, "vmid": one.vmid})
    return rows


def _current(world: World, _: Mapping[str, str], node: str, kind: str, vmid: str) -> dict[str, Any]:
    one = guest_of(world, node, kind, vmid)
    return {**_listed(world, one, clock.now_ms() / 1000), "ha": {"managed": 0}, "qmpstatus": one.status}


def _pending(world: World, _: Mapping[str, str], node: str, kind: str, vmid: str) -> list[dict[str, Any]]:
    return [{"key": name, "value": value} for name, value in config_of(guest_of(world, node, kind, vmid)).items()]


def _snapshots(world: World, _: Mapping[str, str], node: str, kind: str, vmid: str) -> list[dict[str, Any]]:
    one = guest_of(world, node, kind, vmid)
    now = {"name": "current", "description": "You are here!"}
    return [*one.snapshots, now | ({"parent": one.config["parent"]} if "parent" in one.config else {})]


def _task_row(one: Task) -> dict[str, Any]:
    row: dict[str, Any] = {
        "upid": one.upid, "node": one.node, "type": one.kind, "id": one.subject, "user": one.user,
        "starttime": int(one.began),
    }  # fmt: skip
    return row | ({"endtime": int(one.began + one.seconds), "status": one.status} if ended(one) else {})


def _tasks(world: World, query: Mapping[str, str], node: str | None = None) -> list[dict[str, Any]]:
    since = int(query.get("since", 0))
    kept = [one for one in reversed(world.tasks) if node in {None, one.node} and one.began >= since]
    if "vmid" in query:
        kept = [one for one in kept if one.subject == query["vmid"]]
    return [_task_row(one) for one in kept[: int(query.get("limit", 50))]]


def _task(world: World, upid: str) -> Task:
    found = world.task(upid)
    if found is None:
        raise Refused(400, "Parameter verification failed.")
    return found


def _task_status(world: World, _: Mapping[str, str], _node: str, upid: str) -> dict[str, Any]:
    one = _task(world, upid)
    told = {"upid": upid, "type": one.kind, "id": one.subject, "user": one.user, "status": "running"}
    return told | ({"status": "stopped", "exitstatus": one.status} if ended(one) else {})


def _task_log(world: World, query: Mapping[str, str], _node: str, upid: str) -> list[dict[str, Any]]:
    one = _task(world, upid)
    passed = min(1.0, (clock.now_ms() / 1000 - one.began) / one.seconds)
    lines = list(one.lines)
    if one.kind in {"vzdump", "qmclone", "qmigrate"}:
        lines += [f"INFO: {percent}% of the disk done" for percent in range(0, int(passed * 100) + 1, 10)]
    if ended(one):
        lines.append("TASK OK" if one.status == "OK" else f"TASK ERROR: {one.status}")
    start = int(query.get("start", 0))
    numbered = [{"n": number, "t": line} for number, line in enumerate(lines, 1)]
    return numbered[start : start + int(query.get("limit", 50))]


def _facts(_: World, _query: Mapping[str, str], node: str) -> dict[str, Any]:
    cores, memory, _address = NODES[node]
    return {
        "pveversion": f"pve-manager/{VERSION['version']}/{VERSION['repoid']}", "loadavg": ["0.42", "0.51", "0.48"],
        "current-kernel": {"release": "6.14.11-2-pve"}, "memory": {"total": memory},
        "cpuinfo": {"model": "AMD Ryzen 7 PRO 8700GE", "cpus": cores, "sockets": 1}, "boot-info": {"mode": "efi"},
    }  # fmt: skip


def _networks(_: World, _query: Mapping[str, str], node: str) -> list[dict[str, Any]]:
    bridge = {"type": "bridge", "active": 1, "autostart": 1, "bridge_ports": "eno1", "cidr": f"{NODES[node][2]}/24"}
    return [{"iface": "eno1", "type": "eth", "active": 1}, {"iface": "vmbr0", "bridge_vlan_aware": 1, **bridge}]


def _status(_: World, _query: Mapping[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [{"type": "cluster", "name": CLUSTER, "quorate": 1, "nodes": len(NODES), "version": 4}]
    for number, (name, (_cores, _memory, address)) in enumerate(NODES.items(), 1):
        rows.append({"type": "node", "name": name, "nodeid": number, "ip": address, "online": 1, "local": number == 1})
    return rows


def _jobs(_: World, _query: Mapping[str, str]) -> list[dict[str, Any]]:
    keep = "keep-daily=7,keep-weekly=4"
    return [
        {
            "id": pve_estate.NIGHTLY, "enabled": 1, "schedule": "03:00", "storage": "nas", "all": 1,
            "exclude": pve_estate.EXCLUDED, "mode": "snapshot", "prune-backups": keep,
        }
    ]  # fmt: skip


def _not_backed_up(world: World, _: Mapping[str, str]) -> list[dict[str, Any]]:
    left_out = world.guests.get(int(pve_estate.EXCLUDED))
    return [] if left_out is None else [{"vmid": left_out.vmid, "name": left_out.name, "type": left_out.kind}]


def _inside(world: World, _: Mapping[str, str], node: str) -> list[dict[str, Any]]:
    now = clock.now_ms() / 1000
    return [_listed(world, one, now) for one in world.guests.values() if (one.node, one.kind) == (node, "qemu")]


def _interfaces(world: World, _: Mapping[str, str], node: str, vmid: str) -> list[dict[str, Any]]:
    one = guest_of(world, node, "lxc", vmid)
    return [{"name": "eth0", "inet": f"10.23.8.{one.vmid}/24", "hwaddr": "bc:24:11:00:00:00"}]


def _rrd(world: World, query: Mapping[str, str], node: str, kind: str = "", vmid: str = "") -> list[dict[str, Any]]:
    """Return the hours or days before now, as the cluster keeps them."""
    step = {"hour": 60, "day": 1_800, "week": 10_800}.get(query.get("timeframe", "hour"), 60)
    now = int(clock.now_ms() / 1000) // step * step
    one = guest_of(world, node, kind, vmid) if vmid else None
    return [_past(world, one, node, float(now - back * step)) for back in range(70, 0, -1)]


def _past(world: World, one: Guest | None, node: str, at: float) -> dict[str, Any]:
    if one is None:
        row = _node(world, node, at)
        return {
            "time": int(at),
            "cpu": row["cpu"],
            "maxcpu": row["maxcpu"],
            "memused": row["mem"],
            "memtotal": row["maxmem"],
        }
    cpu, memory = world.usage(one, at)
    names = ("netin", "netout", "diskread", "diskwrite")
    up = max(0.0, at - one.since)
    moved = {name: world.pace(one, what, up) if memory else 0.0 for what, name in enumerate(names)}
    size = {"maxmem": int(one.config["memory"]) << 20, "maxcpu": int(one.config["cores"]), "maxdisk": one.disk_bytes}
    return {"time": int(at), "cpu": cpu, "mem": memory, **size, **moved}


def _permissions(_: World, _query: Mapping[str, str]) -> dict[str, Any]:
    config = [
        f"VM.Config.{one}" for one in ["Disk", "CDROM", "CPU", "Memory", "Network", "HWType", "Options", "Cloudinit"]
    ]
    held = dict.fromkeys([*_ALL.split(), *_MORE.split(), *config], 1)
    return {place: dict(held) for place in ("/", "/vms", "/storage", "/nodes", "/pool", "/sdn")}


def _next(world: World, _: Mapping[str, str]) -> str:
    return str(next(number for number in range(100, 10_000) if number not in world.guests))


_N, _K, _V = r"(pve1|pve2)", r"(qemu|lxc)", r"(\d{3,9})"
_READS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("/version", lambda *_: VERSION),
    ("/access/permissions", _permissions),
    ("/cluster/status", _status),
    ("/cluster/resources", _resources),
    ("/cluster/tasks", _tasks),
    ("/cluster/nextid", _next),
    ("/cluster/backup", _jobs),
    ("/cluster/backup-info/not-backed-up", _not_backed_up),
    ("/cluster/(?:replication|ha/resources|ha/rules|ha/groups)", lambda *_: []),
    ("/pools", lambda *_: [{"poolid": "shop", "comment": "everything the shop needs"}]),
    ("/pools/.+", lambda *_: {"comment": "everything the shop needs", "members": []}),
    (
        "/storage",
        lambda *_: [{"storage": name, "type": kind[0], "content": kind[1]} for name, kind in STORAGES.items()],
    ),
    (f"/nodes/{_N}/status", _facts),
    (f"/nodes/{_N}/network", _networks),
    (f"/nodes/{_N}/qemu", _inside),
    (f"/nodes/{_N}/tasks", _tasks),
    (f"/nodes/{_N}/tasks/(UPID:[^/]+)/status", _task_status),
    (f"/nodes/{_N}/tasks/(UPID:[^/]+)/log", _task_log),
    (f"/nodes/{_N}/storage/([a-z-]+)/content", _content),
    (f"/nodes/{_N}/rrddata", _rrd),
    (f"/nodes/{_N}/{_K}/{_V}/rrddata", _rrd),
    (f"/nodes/{_N}/{_K}/{_V}/status/current", _current),
    (f"/nodes/{_N}/{_K}/{_V}/pending", _pending),
    (f"/nodes/{_N}/{_K}/{_V}/config", lambda world, _, *place: config_of(guest_of(world, *place))),
    (f"/nodes/{_N}/{_K}/{_V}/snapshot", _snapshots),
    (f"/nodes/{_N}/lxc/{_V}/interfaces", _interfaces),
)
"""Which paths are answered by what: of each the world, the query, and what the path's groups hold."""
