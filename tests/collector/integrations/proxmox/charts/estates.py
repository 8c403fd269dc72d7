"""Polls as the synchronisation keeps them, without a cluster that was polled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wakeful_collector.model.estate import Guest, Usage
from wakeful_collector.read import proxmox
from wakeful_collector.store import proxmox_estate
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_estate import Thing

if TYPE_CHECKING:
    from pathlib import Path


def running(uptime: int = 60, received: int = 0) -> Usage:
    return Usage(cpu=0.5, cpus=2, memory_bytes=10, memory_max_bytes=20, uptime_seconds=uptime, received_bytes=received)


def poll(data: Path, at_ms: int, usage: dict[str, Usage], marks: dict[str, str] | None = None) -> None:
    """Keep a poll: what was measured, and the creation marks of its guests."""
    guests = [
        Guest("home", int(name.partition("/")[2]), name.partition("/")[0], mark=mark, node="pve1")
        for name, mark in (marks or {}).items()
    ]
    things = [Thing("guest", one.id, msgspec.msgpack.encode(one)) for one in guests]
    with changing(data) as connection:
        proxmox_estate.keep(connection, "home", things)
        proxmox_estate.stand(connection, "home", polled_ms=at_ms, usage=proxmox.packed(usage))
