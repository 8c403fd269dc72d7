"""What machines keep alive, fleet-wide: their watches, and the Pterodactyl servers among them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.model import watch as model
from wakeful_collector.store import database, vault
from wakeful_collector.store import inventories as table

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class HostWatch:
    """A watch with the key of its host; `at_ms` is when the host said so."""

    host_key: int
    at_ms: int
    watch: model.Watch


@dataclass(frozen=True, slots=True)
class HostServer:
    """A server with the key of its host; `links` are pairs of kind and URL, whole or masked as it was asked."""

    host_key: int
    at_ms: int
    server: model.Server
    links: tuple[tuple[str, str], ...]


def watches(data: Path, host_key: int | None = None) -> list[HostWatch]:
    """Return what every host, or one, says of its watches, by host and name."""
    with database.translated():
        found = table.bodies(database.reader(data, "state"), model.WATCHES, host_key)
    listed = [
        HostWatch(key, at_ms, watch) for key, at_ms, content in found for watch in model.watches(json.loads(content))
    ]
    return sorted(listed, key=lambda one: (one.host_key, one.watch.name))


def servers(data: Path, reveal: bool, host_key: int | None = None) -> list[HostServer]:
    """Return the servers of every host, or of one; their links are whole only when `reveal` says so."""
    with database.translated():
        found = table.bodies(database.reader(data, "state"), model.SERVERS, host_key)
    listed = [
        HostServer(key, at_ms, server, tuple((link.kind, _url(data, link, reveal)) for link in server.links))
        for key, at_ms, content in found
        for server in model.servers(json.loads(content))
    ]
    return sorted(listed, key=lambda one: (one.host_key, one.server.watch))


def _url(data: Path, link: model.Link, reveal: bool) -> str:
    whole = vault.unseal(data, link.sealed) if reveal else None
    return link.shown if whole is None else whole
