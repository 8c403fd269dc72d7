"""Questions about what is done to guests of Proxmox: one deed, or the newest, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.store import database
from wakeful_collector.store import proxmox_deeds as table

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.proxmox_deeds import DeedRow

LIMIT_MAX = 500


@dataclass(frozen=True, slots=True)
class DeedPage:
    """Some deeds, newest first, and the number below which the next page begins; None on the last one."""

    deeds: list[DeedRow]
    next: int | None


def deed(data: Path, deed_id: str) -> DeedRow | None:
    """Return one deed by its id."""
    with database.translated():
        return table.one(database.reader(data, "state"), deed_id)


def by_request_key(data: Path, principal: str, request_key: str) -> DeedRow | None:
    """Return the deed that this principal asked for under this key."""
    with database.translated():
        return table.by_request_key(database.reader(data, "state"), principal, request_key)


def open_ones(data: Path) -> list[DeedRow]:
    """Return the deeds that have not come to their end, oldest first."""
    with database.translated():
        return table.open_ones(database.reader(data, "state"))


def upids(data: Path, but: str, most: int) -> list[str]:
    """Return the tasks of the newest deeds but the one of that id."""
    with database.translated():
        return table.upids(database.reader(data, "state"), but, most)


def ended_since(data: Path, cluster: str, since_ms: int) -> frozenset[int]:
    """Return the guests of a cluster of which deeds ended then or later: what is known of them may be old."""
    with database.translated():
        return table.ended_since(database.reader(data, "state"), cluster, since_ms)


def deeds(
    data: Path, limit: int = 50, cluster: str | None = None, vmid: int | None = None, before: int | None = None
) -> DeedPage:
    """Return the newest deeds (of a cluster, of a guest), or those below a page's `next`."""
    limit = min(max(limit, 1), LIMIT_MAX)
    with database.translated():
        found = table.newest(database.reader(data, "state"), limit + 1, cluster, vmid, before)
    shown = found[:limit]
    return DeedPage(shown, shown[-1].seq if len(found) > limit else None)
