"""Reads what a Pool or a SnapshotPolicy is to be. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.declare import forms, schedule
from wakeful_collector.integrations.proxmox.declare import value_kinds as kinds
from wakeful_collector.integrations.proxmox.declare.quantities import Unfit
from wakeful_collector.integrations.proxmox.declare.wished import (
    ABSENT,
    PRESENT,
    Keep,
    Place,
    PolicyWish,
    PoolWish,
)
from wakeful_collector.integrations.proxmox.declare.yaml_nodes import Mapping, Scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.integrations.proxmox.declare.faults import Faults
    from wakeful_collector.integrations.proxmox.declare.yaml_nodes import Node

POOL_FIELDS = {
    "comment": "what it is for",
    "members": "the vmids of all guests in it",
    "storages": "the names of all storages in it",
    "state": "`present`, or `absent`: it is removed, and its guests stay",
}
POLICY_FIELDS = {
    "guests": "vmids that get snapshots",
    "tags": "guests with one of these tags get them too",
    "pools": "guests of these pools get them too",
    "schedule": "`hourly`, `hourly :30`, `daily 02:30`, `weekly sun 04:00` or `monthly 1 03:00`",
    "timezone": "whose clock that is; `UTC` when nothing is said",
    "keep": "`last`, `hourly`, `daily`, `weekly`, `monthly`: how many stay; at least one",
    "memory": "`true` saves the memory of running virtual machines too",
}
KEEPS = ("last", "hourly", "daily", "weekly", "monthly")
POOL_NAME = kinds.text(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,2}", "the name of a pool")
POLICY_NAME = kinds.text(
    r"[a-z][a-z0-9]{0,15}", "1 to 16 of a-z and 0-9, a letter first: it is part of snapshots' names"
)
_VMID = kinds.whole(100, 999_999_999)
_STORAGE = kinds.text(forms.STORAGE, "the name of a storage")
_TAG = kinds.names(r"[A-Za-z0-9_][A-Za-z0-9_+.-]*", "a tag", folded=True)
_KEEP = kinds.whole(0, 1_000)
_COMMENT = kinds.text(r"[^\r\n]*", "one line")


def read_pool(metadata: Mapping, spec: Mapping, cluster: str, place: Place, faults: Faults) -> PoolWish | None:
    """Return what a pool is to be, or None when something was wrong."""
    before = len(faults.found)
    name = _text(metadata.get("name"), POOL_NAME, metadata.line, "metadata.name", faults)
    _refuse_unknown(spec, POOL_FIELDS, "spec", faults)
    comment = None
    if (node := spec.get("comment")) is not None:
        comment = (
            ""
            if isinstance(node, Scalar) and node.is_null
            else _text(node, _COMMENT, node.line, "spec.comment", faults)
        )
    members = _many(spec.get("members"), _VMID, "spec.members", faults)
    storages = _many(spec.get("storages"), _STORAGE, "spec.storages", faults)
    state = _text(spec.get("state"), kinds.choice(PRESENT, ABSENT), spec.line, "spec.state", faults, PRESENT)
    if len(faults.found) > before or name is None or state is None:
        return None
    numbers = None if members is None else frozenset(int(one) for one in members)
    return PoolWish(cluster, name, comment, numbers, storages, state, place)


def read_policy(metadata: Mapping, spec: Mapping, cluster: str, place: Place, faults: Faults) -> PolicyWish | None:
    """Return a policy of snapshots, or None when something was wrong."""
    before = len(faults.found)
    name = _text(metadata.get("name"), POLICY_NAME, metadata.line, "metadata.name", faults)
    _refuse_unknown(spec, POLICY_FIELDS, "spec", faults)
    guests = _many(spec.get("guests"), _VMID, "spec.guests", faults) or frozenset()
    tags = _many(spec.get("tags"), _TAG, "spec.tags", faults) or frozenset()
    pools = _many(spec.get("pools"), POOL_NAME, "spec.pools", faults) or frozenset()
    if not (guests or tags or pools) and len(faults.found) == before:
        faults.add(spec.line, "spec", "it names no guests", "give guests, tags or pools")
    rhythm = _checked(spec, "schedule", schedule.read, faults, None)
    timezone = _checked(spec, "timezone", schedule.zone, faults, "UTC")
    memory = _text(spec.get("memory"), kinds.FLAG, spec.line, "spec.memory", faults, kinds.FALSE)
    keep = _keep(spec, faults)
    if len(faults.found) > before or name is None or rhythm is None or timezone is None:
        return None
    return PolicyWish(
        cluster=cluster,
        name=name,
        schedule=rhythm,
        keep=keep,
        guests=frozenset(int(one) for one in guests),
        tags=tags,
        pools=pools,
        timezone=timezone,
        memory=memory == kinds.TRUE,
        place=place,
    )


def _keep(spec: Mapping, faults: Faults) -> Keep:
    node = faults.mapping(spec.get("keep"), spec.line, "spec.keep")
    if node is None:
        return Keep()
    _refuse_unknown(node, dict.fromkeys(KEEPS, ""), "spec.keep", faults)
    counts = {
        name: int(_text(node.get(name), _KEEP, node.line, f"spec.keep.{name}", faults, "0") or 0) for name in KEEPS
    }
    if not any(counts.values()):
        faults.add(node.line, "spec.keep", "it keeps nothing", "give last: 1 at least")
    return Keep(**counts)


def _checked(
    spec: Mapping, name: str, check: Callable[[str], object], faults: Faults, default: str | None
) -> str | None:
    """Return a text that `check` does not refuse."""
    node, path = spec.get(name), f"spec.{name}"
    if node is None and default is not None:
        return default
    text = faults.scalar(node, spec.line, path)
    if text is None:
        return None
    try:
        check(text)
    except Unfit as error:
        faults.unfit(node.line if node is not None else spec.line, path, error)
        return None
    return text


def _text(
    node: Node | None, kind: kinds.ValueKind, line: int, path: str, faults: Faults, default: str | None = None
) -> str | None:
    return default if node is None and default is not None else faults.value(node, kind, line, path)


def _many(node: Node | None, kind: kinds.ValueKind, path: str, faults: Faults) -> frozenset[str] | None:
    """Return a set of values; None where nothing was said."""
    if node is None:
        return None
    found = set()
    for one in faults.texts(node, path):
        try:
            value = kind.read(one)
        except Unfit as error:
            faults.unfit(node.line, path, error)
            continue
        if value in found:
            faults.add(node.line, path, f"{value} stands there twice", "remove one")
        found.add(value)
    return frozenset(found)


def _refuse_unknown(node: Mapping, known: dict[str, str], path: str, faults: Faults) -> None:
    for entry in node.entries:
        if entry.name not in known:
            faults.unknown(entry.line, f"{path}.{entry.name}", entry.name, known)
