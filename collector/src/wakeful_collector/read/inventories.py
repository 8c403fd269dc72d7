"""Inventories of a host: which there are, and the newest document of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.watch import SERVERS, without_sealed
from wakeful_collector.store import database
from wakeful_collector.store import inventories as table

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class InventorySummary:
    """An inventory without its document; `at_ms` is when the host wrote it, `size_bytes` that of its JSON text."""

    name: str
    hash: str
    at_ms: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class InventoryBody:
    """An inventory with its document, which is hostile data."""

    name: str
    hash: str
    at_ms: int
    document: Any


def names(data: Path, host_key: int) -> list[InventorySummary]:
    """Return which inventories a host sent, by name."""
    with database.translated():
        return [InventorySummary(*row) for row in table.rows(database.reader(data, "state"), host_key)]


def body(data: Path, host_key: int, name: str) -> InventoryBody | None:
    """Return the newest document of one inventory."""
    with database.translated():
        found = table.body(database.reader(data, "state"), host_key, name)
    if found is None:
        return None
    digest, at_ms, content = found
    document = json.loads(content)
    return InventoryBody(name, digest, at_ms, without_sealed(document) if name == SERVERS else document)
