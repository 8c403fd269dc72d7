"""Rows of gateway.db as tests need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.store import gateway_leases, gateway_machines
from wakeful_collector.store.gateway_history import Request
from wakeful_collector.store.gateway_leases import Lease
from wakeful_collector.store.gateway_machines import MachineRow

if TYPE_CHECKING:
    import sqlite3

NOW = 1_795_000_000_000


def machine(connection: sqlite3.Connection, name: str = "box", **more: Any) -> MachineRow:
    """Keep a machine."""
    whole = {"url": "http://h:1", "host": None, "is_default": False, "policy": {}, "sealed": "", "made_ms": 1}
    row = MachineRow(name=name, **(whole | {"changed_ms": 1} | more))
    gateway_machines.keep(connection, row)
    return row


def lease(connection: sqlite3.Connection, lease_id: str, key: str = "key:a", **more: Any) -> Lease:
    """Take a lease: a request that waits, unless it is said otherwise."""
    whole = {"machine": "box", "kind": "request", "owner": key, "note": "", "begun_ms": NOW, "admitted_ms": None}
    made = Lease(id=lease_id, key=key, **(whole | {"expires_ms": NOW + 20_000} | more))
    gateway_leases.take(connection, made)
    return made


def request(**more: Any) -> Request:
    """Return the row of a request."""
    whole: dict[str, Any] = {
        "at_ms": NOW,
        "machine": "box",
        "key": "key:a",
        "method": "POST",
        "path": "/api/chat",
        "model": "llama3",
        "status": 200,
        "outcome": "ok",
    }
    return Request(**(whole | more))
