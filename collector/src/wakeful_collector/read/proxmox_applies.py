"""Questions about plans that are carried out: which, and where each step stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import database
from wakeful_collector.store import proxmox_applies as table

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.proxmox_applies import ApplyRow, StepRow

LIMIT_MAX = 200


def apply(data: Path, apply_id: str) -> ApplyRow | None:
    """Return one apply by its id."""
    with database.translated():
        return table.one(database.reader(data, "state"), apply_id)


def steps(data: Path, apply_id: str) -> list[StepRow]:
    """Return the steps of an apply in their order."""
    with database.translated():
        return table.steps(database.reader(data, "state"), apply_id)


def applies(data: Path, limit: int = 20) -> list[ApplyRow]:
    """Return the newest applies."""
    with database.translated():
        return table.newest(database.reader(data, "state"), min(max(limit, 1), LIMIT_MAX))


def open_ones(data: Path) -> list[ApplyRow]:
    """Return the applies that have not come to their end, oldest first."""
    with database.translated():
        return table.open_ones(database.reader(data, "state"))


def by_request_key(data: Path, principal: str, request_key: str) -> ApplyRow | None:
    """Return the apply that this principal asked for under this key."""
    with database.translated():
        return table.by_request_key(database.reader(data, "state"), principal, request_key)


def upids(data: Path, most: int) -> list[str]:
    """Return the tasks of the newest steps."""
    with database.translated():
        return table.upids(database.reader(data, "state"), most)
