"""What the answers to a survey say: version, quorum, nodes, networks, jobs, pools, contents of storages. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from wakeful_collector.integrations.proxmox.sync.listing import flag, text, whole
from wakeful_collector.model.estate import Item, Storage, Volume

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RULES_SINCE = 9
"""The major version in which rules took the place of HA groups."""
ITEMS_MAX = 10_000
VOLUMES_MAX = 50_000
VALUE_CHARACTERS_MAX = 4_096


class Inside(NamedTuple):
    """What a node knows of a running virtual machine: the memory its balloon driver tells of, and how it runs."""

    balloon_memory_bytes: int | None
    facts: dict[str, str]


def version(answer: dict[str, Any]) -> str:
    """Return the version of PVE."""
    return text(answer.get("version"))


def status(rows: Iterable[Any]) -> tuple[bool | None, dict[str, str]]:
    """Return whether the cluster has quorum, and the address of each node; a node that stands alone always has."""
    quorate: bool | None = True
    addresses = {}
    for row in _objects(rows):
        if row.get("type") == "cluster":
            quorate = flag(row.get("quorate"))
        elif row.get("type") == "node" and text(row.get("name")):
            addresses[text(row["name"])] = text(row.get("ip"))
    return (quorate, addresses) if addresses else (None, {})


def numbers(rows: Iterable[Any]) -> tuple[int, ...]:
    """Return the numbers of the guests of a list."""
    found = {whole(row.get("vmid")) for row in _objects(rows)}
    return tuple(sorted(one for one in found if one))


def items(rows: Iterable[Any], key: str, prefix: str = "") -> dict[str, Item]:
    """Return things with their settings by what `key` calls them."""
    found: dict[str, Item] = {}
    for row in _objects(rows):
        name = text(row.get(key))
        if name and len(found) < ITEMS_MAX:
            found[prefix + name] = Item(prefix + name, config=settings(row, key))
    return found


def settings(row: dict[str, Any], *left_out: str) -> dict[str, str]:
    """Return what a row sets, as texts in the order of names; what is nested as `name=value` pairs."""
    found = {}
    for key in sorted(row):
        value = row[key]
        if key in left_out or value is None:
            continue
        if isinstance(value, dict):
            value = ",".join(f"{name}={value[name]}" for name in sorted(value))
        elif isinstance(value, list):
            value = ";".join(sorted(str(one) for one in value))
        elif isinstance(value, bool):
            value = int(value)
        found[text(key)] = str(value)[:VALUE_CHARACTERS_MAX]
    return found


def storages(rows: Iterable[Any]) -> dict[str, dict[str, str]]:
    """Return the definition of each storage by its name."""
    return {text(row.get("storage")): settings(row, "storage") for row in _objects(rows) if text(row.get("storage"))}


def pool(listed: Item, answer: Any) -> Item:
    """Return a pool with the storages among its members; its guests say themselves that they are."""
    told = answer[0] if isinstance(answer, list) and answer else answer
    members = told.get("members") if isinstance(told, dict) else None
    held = {text(one.get("storage")) for one in _objects(members or ()) if one.get("type") == "storage"}
    comment = listed.config.get("comment", "")
    return msgspec.structs.replace(listed, config={"comment": comment, "storages": ";".join(sorted(held - {""}))})


def facts(answer: dict[str, Any]) -> dict[str, str]:
    """Return what a node is: version, kernel, processor, memory; nothing that moves."""
    cpu, kernel, boot, memory = (
        found if isinstance(found := answer.get(name), dict) else {}
        for name in ("cpuinfo", "current-kernel", "boot-info", "memory")
    )
    told = {
        "pve": text(answer.get("pveversion")),
        "kernel": text(kernel.get("release")) or text(answer.get("kversion")),
        "cpu": text(cpu.get("model")),
        "cpus": text(cpu.get("cpus")),
        "sockets": text(cpu.get("sockets")),
        "memory_bytes": text(memory.get("total")),
        "boot": text(boot.get("mode")),
    }
    return {name: value for name, value in told.items() if value}


def networks(node: str, rows: Iterable[Any]) -> dict[str, Item]:
    """Return the network interfaces of a node by `node/interface`."""
    found: dict[str, Item] = {}
    for row in _objects(rows):
        name = text(row.get("iface"))
        if name and len(found) < ITEMS_MAX:
            found[f"{node}/{name}"] = Item(f"{node}/{name}", node, settings(row, "iface", "exists", "priority"))
    return found


def inside(rows: Iterable[Any]) -> dict[str, Inside]:
    """Return what a node knows of its virtual machines, by id."""
    found = {}
    for row in _objects(rows):
        vmid = whole(row.get("vmid"))
        if not vmid:
            continue
        balloon = row.get("ballooninfo")
        held = balloon if isinstance(balloon, dict) else {}
        total, free = whole(held.get("total_mem")), whole(held.get("free_mem"))
        told = {name: text(row.get(name)) for name in ("qmpstatus", "running-machine", "running-qemu")}
        used = None if total is None or free is None else max(0, total - free)
        found[f"qemu/{vmid}"] = Inside(used, {name: value for name, value in told.items() if value})
    return found


def to_ask(listed: Iterable[Storage], online: frozenset[str]) -> list[Storage]:
    """Return the storages to ask for their contents, a shared one once; none of nodes that are away."""
    found: dict[str, Storage] = {}
    for one in sorted(listed, key=lambda each: (each.name, each.node)):
        if one.node in online and one.status != "unavailable":
            found.setdefault(place(one), one)
    return list(found.values())


def place(storage: Storage) -> str:
    """Return the name of the area that a storage's contents are: one for all nodes when it is shared."""
    return f"content/{storage.name}" if storage.shared else f"content/{storage.node}/{storage.name}"


def volumes(storage: Storage, rows: Iterable[Any]) -> tuple[Volume, ...]:
    """Return what a storage holds, by name."""
    found: list[Volume] = []
    for row in _objects(rows):
        volid = text(row.get("volid"))
        if volid and len(found) < VOLUMES_MAX:
            found.append(_volume(storage, volid, row))
    return tuple(sorted(found, key=lambda one: one.volid))


def _volume(storage: Storage, volid: str, row: dict[str, Any]) -> Volume:
    verification = row.get("verification")
    return Volume(
        storage.name,
        storage.node,
        volid,
        text(row.get("content")),
        text(row.get("format")),
        whole(row.get("size")) or 0,
        whole(row.get("vmid")) or None,
        (whole(row.get("ctime")) or 0) * 1000,
        text(row.get("notes")),
        flag(row.get("protected")),
        text(verification.get("state")) if isinstance(verification, dict) else "",
    )


def _objects(rows: Iterable[Any]) -> Iterator[dict[str, Any]]:
    return (row for row in rows if isinstance(row, dict))
