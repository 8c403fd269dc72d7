"""Who of ours made a change: the login of the cluster is the collector's, the deed says who asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.sync.attribution import BEFORE_MS
from wakeful_collector.store import proxmox_deeds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from wakeful_collector.store.proxmox_changes import Change
    from wakeful_collector.store.proxmox_deeds import DeedRow

DEEDS_MAX = 10
_AT_ONCE = "change"
"""The deed that PVE may do at once, without a task that would tell."""


def named(connection: sqlite3.Connection, cluster: str, changes: Iterable[Change], since_ms: int) -> Iterator[Change]:
    """Yield changes with the principal of the deed that made them, where a deed did: `ann, as wakeful@pve!wakeful`."""
    known: dict[str, list[DeedRow]] = {}
    for one in changes:
        if one.kind != "guest":
            yield one
            continue
        if one.id not in known:
            vmid = int(one.id.partition("/")[2])
            known[one.id] = proxmox_deeds.newest(connection, DEEDS_MAX, cluster, vmid)
        deed = _deed(one, known[one.id], since_ms)
        yield (
            one if deed is None else one._replace(who=f"{deed.principal}, as {one.who}" if one.who else deed.principal)
        )


def _deed(one: Change, deeds: list[DeedRow], since_ms: int) -> DeedRow | None:
    """Return the deed whose task tells of a change; of a setting that was made at once, the one that ended just now."""
    if one.upid:
        return next((deed for deed in deeds if deed.upid == one.upid), None)
    if not one.field.startswith(("config.", "pending.", "name", "tags")):
        return None
    ended = (deed for deed in deeds if deed.deed == _AT_ONCE and (deed.finished_ms or 0) >= since_ms - BEFORE_MS)
    return next(ended, None)
