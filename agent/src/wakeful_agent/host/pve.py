"""What Proxmox VE says of a cluster: its documents, read; they come from `pvesh` or from its API in the same form."""

from __future__ import annotations

import json

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GUESTS_MAX = 500
STORAGES_MAX = 100


class Node(NamedTuple):
    """A machine of the cluster; `share` is of its processors' time."""

    name: str
    online: bool
    share: float | None
    cpus: float | None
    memory_bytes: float | None
    memory_limit_bytes: float | None
    disk_bytes: float | None
    disk_limit_bytes: float | None
    uptime_seconds: float | None


class Guest(NamedTuple):
    """A virtual machine (`qemu`) or container (`lxc`); counters begin anew at each start."""

    id: str
    kind: str
    name: str
    node: str
    status: str
    template: bool
    tags: str
    lock: str
    share: float | None
    cpus: float | None
    memory_bytes: float | None
    memory_limit_bytes: float | None
    disk_bytes: float | None
    disk_limit_bytes: float | None
    uptime_seconds: float | None
    received_bytes: float | None
    sent_bytes: float | None
    read_bytes: float | None
    written_bytes: float | None


class Storage(NamedTuple):
    """A place for disks and images as one node sees it."""

    name: str
    node: str
    kind: str
    shared: bool
    status: str
    used_bytes: float | None
    limit_bytes: float | None


class Resources(NamedTuple):
    """Everything of /cluster/resources."""

    nodes: list[Node]
    guests: list[Guest]
    storages: list[Storage]


class Cluster(NamedTuple):
    """What /cluster/status says: quorum is None on a node that is in no cluster, `local` is the node that was asked."""

    name: str
    quorate: bool | None
    local: str
    online: int
    offline: int


def parse_document(text: str) -> Any:
    """Return the data of a JSON answer, with or without the API's envelope; raise Malformed."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed(f"Proxmox VE's answer is not JSON: {label(text, 60)!r}") from None
    return document["data"] if isinstance(document, dict) and "data" in document else document


def parse_resources(data: Any) -> Resources:
    """Return nodes, guests and storages; raise Malformed when it is no list of resources."""
    rows = _rows(data)
    nodes = [_node(row) for row in rows if row.get("type") == "node"]
    guests = [_guest(row) for row in rows if row.get("type") in {"qemu", "lxc"}]
    storages = [_storage(row) for row in rows if row.get("type") == "storage"]
    return Resources(nodes, guests, storages)


def parse_cluster(data: Any) -> Cluster:
    """Return the quorum and the nodes; raise Malformed when it is no list."""
    rows = _rows(data)
    cluster = next((row for row in rows if row.get("type") == "cluster"), {})
    nodes = [row for row in rows if row.get("type") == "node"]
    online = sum(_number(row, "online") == 1 for row in nodes)
    local = next((_text(row, "name") for row in nodes if _number(row, "local") == 1), "")
    quorate = _number(cluster, "quorate")
    return Cluster(
        _text(cluster, "name"), None if quorate is None else quorate == 1, local, online, len(nodes) - online
    )


def _rows(data: Any) -> list[dict[str, Any]]:
    if not isinstance(data, list):
        raise Malformed(f"Proxmox VE answers with {type(data).__name__} where a list belongs")
    return [row for row in data if isinstance(row, dict)]


def _node(row: dict[str, Any]) -> Node:
    return Node(_text(row, "node"), row.get("status") == "online", *_use(row))


def _guest(row: dict[str, Any]) -> Guest:
    return Guest(
        str(int(_number(row, "vmid") or 0)),
        _text(row, "type"),
        _text(row, "name"),
        _text(row, "node"),
        _text(row, "status"),
        _number(row, "template") == 1,
        _text(row, "tags"),
        _text(row, "lock"),
        *_use(row),
        *(_number(row, key) for key in ("netin", "netout", "diskread", "diskwrite")),
    )


def _storage(row: dict[str, Any]) -> Storage:
    return Storage(
        _text(row, "storage"),
        _text(row, "node"),
        _text(row, "plugintype"),
        _number(row, "shared") == 1,
        _text(row, "status"),
        _number(row, "disk"),
        _number(row, "maxdisk"),
    )


def _use(row: dict[str, Any]) -> list[float | None]:
    return [_number(row, key) for key in ("cpu", "maxcpu", "mem", "maxmem", "disk", "maxdisk", "uptime")]


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    return label(value, 128) if isinstance(value, str) else ""


def _number(row: dict[str, Any], key: str) -> float | None:
    """Return a number, which may come as text; booleans come as 0 and 1."""
    value = row.get(key)
    if isinstance(value, str) and len(value) <= 24:
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, (int, float)) and 0 <= value < 1 << 63 else None
